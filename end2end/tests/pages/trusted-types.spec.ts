import type { Page } from '@playwright/test';
import fs from 'node:fs';
import path from 'node:path';
import { site } from '../../fixtures/env';
import { expect, test } from '../../fixtures/test';

const { worker_js: workerUrl } = JSON.parse(fs.readFileSync(path.join(site, 'assets.json'), 'utf8')) as { worker_js: string };
const types = "require-trusted-types-for 'script'; trusted-types";

/** What a script that has come into the page would try; each with the name of the error, or `done`. */
function attempts(page: Page, worker: string): Promise<Record<string, string>> {
  return page.evaluate((worker) => {
    const text = '<img src=x>';
    const tries: Record<string, () => unknown> = {
      'markup into an element': () => (document.body.innerHTML = text),
      'markup in place of an element': () => (document.body.outerHTML = text),
      'markup beside an element': () => document.body.insertAdjacentHTML('beforeend', text),
      'markup into a fragment': () => document.createRange().createContextualFragment(text),
      'markup into a document': () => new DOMParser().parseFromString(text, 'text/html'),
      'a document written': () => document.write(text),
      'a document in a frame': () => (document.createElement('iframe').srcdoc = text),
      'a script with words': () => (document.createElement('script').text = '1'),
      'a script with an address': () => (document.createElement('script').src = worker),
      'a handler as a text': () => document.body.setAttribute('onclick', '1'),
      'a timer with words': () => setTimeout('1'),
      'a worker from elsewhere': () => new Worker('/worker.js', { type: 'module' }),
      'a worker of our address as a text': () => new Worker(worker, { type: 'module' }),
      'a policy of its own': () => trusted().createPolicy('mine', { createHTML: (html: string) => html }),
      'a policy for everything': () => trusted().createPolicy('default', { createHTML: (html: string) => html }),
      'a policy in our name': () => trusted().createPolicy('jackdaw-worker', { createScriptURL: (url: string) => url }),
    };
    type Factory = { createPolicy: (name: string, rules: object) => unknown };
    const trusted = (): Factory => (window as unknown as { trustedTypes: Factory }).trustedTypes;
    const outcome = (act: () => unknown): string => {
      try {
        act();
        return 'done';
      } catch (error) {
        return (error as Error).name;
      }
    };
    return Object.fromEntries(Object.entries(tries).map(([name, act]) => [name, outcome(act)]));
  }, worker);
}

test('the browser refuses to make markup, scripts and workers out of texts', { tag: '@quick' }, async ({ alice }) => {
  const { page, watch } = alice;
  await test.step('the page and its worker need none of it', async () => {
    await alice.signIn();
    expect(page.workers().map((worker) => new URL(worker.url()).pathname)).toEqual([workerUrl]);
    expect(watch.unexpected()).toEqual([]);
  });
  watch.expect(/^csp: (require-trusted-types-for|trusted-types|script-src)/, /^console: .*(Trusted|Content Security Policy)/);
  for (const address of ['/app', '/']) {
    await test.step(`on ${address}`, async () => {
      if (address === '/') await page.goto('/');
      const outcomes = await attempts(page, workerUrl);
      expect(Object.keys(outcomes).length).toBeGreaterThan(10);
      for (const [what, outcome] of Object.entries(outcomes)) expect(outcome, what).toBe('TypeError');
    });
  }
});

test('in the worker nothing is made out of texts either', async ({ alice, stack }) => {
  await alice.signIn();
  const worker = alice.page.workers()[0]!;
  alice.watch.expect(/^console: .*(Trusted|Content Security Policy)/);
  const outcomes = await worker.evaluate(() => {
    const outcome = (act: () => unknown): string => {
      try {
        act();
        return 'done';
      } catch (error) {
        return (error as Error).name;
      }
    };
    const scope = globalThis as unknown as { trustedTypes: { createPolicy: (name: string, rules: object) => unknown } };
    return [
      outcome(() => setTimeout('1')),
      outcome(() => scope.trustedTypes.createPolicy('jackdaw-worker', { createScriptURL: (url: string) => url })),
    ];
  });
  expect(outcomes).toEqual(['TypeError', 'TypeError']);
  expect((await fetch(stack.url + workerUrl)).headers.get('content-security-policy')).toContain(`${types} 'none'`);
});

test('every page forbids it, and only /app names a policy', async ({ stack, alice }) => {
  for (const path of ['/', `/invite/${alice.address}`, '/none', '/app', '/app/settings']) {
    const policy = (await fetch(stack.url + path)).headers.get('content-security-policy') ?? '';
    expect(policy, path).toContain(`${types} ${path.startsWith('/app') ? 'jackdaw-worker' : "'none'"}`);
  }
});

test('a browser that knows nothing of it works as well', async ({ alice }) => {
  const { context, page } = alice;
  await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'trustedTypes'));
  await context.route('**/app', async (route) => {
    const answer = await route.fetch();
    const policy = answer.headers()['content-security-policy'] ?? '';
    expect(policy).toContain(types);
    await route.fulfill({ response: answer, headers: { ...answer.headers(), 'content-security-policy': policy.split(`; ${types}`)[0]! } });
  });
  await page.goto('/app');
  expect(await page.evaluate(() => 'trustedTypes' in globalThis)).toBe(false);
  await alice.signIn();
  expect(page.workers()).toHaveLength(1);
});
