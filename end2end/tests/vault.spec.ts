import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { AddressInfo } from 'node:net';
import { expect, test as base, type Page } from '@playwright/test';
import { vaultTest } from '../fixtures/env';

/** A page at whose origin the vault's tests can be loaded into a worker, as the engine is. */
const test = base.extend<{ bare: Page }, { origin: string }>({
  origin: [
    async ({}, use) => {
      const folder = fs.statSync(vaultTest!).isDirectory() ? vaultTest! : path.dirname(vaultTest!);
      const script = fs.statSync(vaultTest!).isDirectory() ? fs.readdirSync(folder).find((file) => file.endsWith('.js')) : path.basename(vaultTest!);
      const server = http.createServer((request, response) => {
        const name = path.basename(new URL(request.url ?? '/', 'http://x').pathname);
        const file = path.join(folder, name);
        if (name === '') return void response.setHeader('content-type', 'text/html').end('<!doctype html><title>vault</title>');
        if (name === 'worker.js') return void response.setHeader('content-type', 'text/javascript').end(worker(script!));
        if (!fs.existsSync(file)) return void response.writeHead(404).end();
        response.setHeader('content-type', name.endsWith('.wasm') ? 'application/wasm' : 'text/javascript');
        fs.createReadStream(file).pipe(response);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      await use(`http://localhost:${(server.address() as AddressInfo).port}`);
      server.closeAllConnections();
      server.close();
    },
    { scope: 'worker' },
  ],
  bare: async ({ page, origin }, use) => {
    await page.goto(origin);
    await use(page);
  },
});

/** Answers the name and arguments of an export with what it came to. */
function worker(script: string): string {
  return `import * as suite from './${script}';
const ready = suite.default();
onmessage = async ({ data }) => {
  try { await ready; const said = await suite[data[0]](...data[1]); postMessage({ ok: true, said: String(said ?? '') }); }
  catch (error) { postMessage({ ok: false, said: String(error?.message ?? error) }); }
};`;
}

/** Runs one of the suite's exports in a new worker. */
async function run(page: Page, name: string, ...values: number[]): Promise<{ ok: boolean; said: string }> {
  return page.evaluate(
    (call) =>
      new Promise((resolve) => {
        const worker = new Worker('/worker.js', { type: 'module' });
        worker.onerror = (event) => resolve({ ok: false, said: `the worker died: ${event.message}` });
        worker.onmessage = ({ data }) => (worker.terminate(), resolve(data));
        worker.postMessage(call);
      }),
    [name, values] as const,
  );
}

test.skip(!vaultTest, 'VAULT_TEST names no build of the suite: run `cargo xtask test`');

test('the vault in IndexedDB behaves as every vault must', async ({ bare }) => {
  expect(await run(bare, 'run_vault_suite')).toEqual({ ok: true, said: 'ok' });
});

test('a full browser loses nothing and keeps no half', async ({ bare, origin }) => {
  const cdp = await bare.context().newCDPSession(bare);
  await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 8 * 1024 * 1024 });
  expect(await run(bare, 'fill_until_refused', 64)).toEqual({ ok: true, said: 'full' });
  await cdp.send('Storage.overrideQuotaForOrigin', { origin });
  expect(await run(bare, 'fill_until_refused', 4)).toEqual({ ok: true, said: 'room' });
});
