import { expect, test } from '../../fixtures/test';

test('the landing page is light: no wasm, no script of its own, nothing from elsewhere', async ({ alice }) => {
  await alice.page.goto('/', { waitUntil: 'networkidle' });
  const loaded = alice.watch.requests.map((request) => [request.resourceType(), new URL(request.url()).pathname] as const);
  const code = loaded.filter(([type, path]) => type === 'script' || path.endsWith('.wasm') || path.endsWith('.js'));
  expect(code).toEqual([]);
  expect(await alice.page.locator('script[src], link[rel=modulepreload]').count()).toBe(0);
  expect(await alice.page.locator('[style]').count(), 'style attributes, which the policy forbids').toBe(0);
  await expect(alice.page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(alice.jackdaw.connectLink.first()).toBeVisible();
});

test('public pages are readable without JavaScript', async ({ people, stack }) => {
  const alice = await people.arrive('Alice', { javaScriptEnabled: false });
  const inviter = stack.account();
  for (const path of ['/', `/invite/${inviter}`]) {
    await alice.page.goto(path);
    await expect(alice.page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(alice.jackdaw.connectLink.first()).toHaveAttribute('href', /^\/app/);
    expect((await alice.page.locator('main').innerText()).length).toBeGreaterThan(80);
  }
  await test.step('/app says that it needs JavaScript', async () => {
    await alice.page.goto('/app');
    await expect(alice.page.getByText(/JavaScript/)).toBeVisible();
  });
});

test('the chosen theme holds on every page, before the first paint', async ({ alice }) => {
  await alice.signIn();
  await alice.jackdaw.openSettings();
  const ink = (): Promise<string> => alice.page.evaluate(() => getComputedStyle(document.body).color);
  await alice.page.emulateMedia({ colorScheme: 'light' });
  const light = await ink();
  await alice.page.getByRole('button', { name: 'Dark', exact: true }).click();
  await expect.poll(ink).not.toBe(light);
  const dark = await ink();
  for (const path of ['/', '/app']) {
    await alice.page.goto(path, { waitUntil: 'commit' });
    await alice.page.waitForFunction(() => document.body);
    expect(await ink(), path).toBe(dark);
  }
});

test('what is not there says so', async ({ alice }) => {
  alice.watch.expect(/status of 404/);
  for (const path of ['/no/such/page', '/invite/0x12', '/pkg/none.js']) {
    expect((await alice.page.goto(path))?.status(), path).toBe(404);
  }
  await alice.page.goto('/no/such/page');
  await expect(alice.page.getByRole('heading', { level: 1 })).toBeVisible();
  await alice.page.getByRole('link').first().click();
  await expect(alice.page).toHaveURL(/\/(app)?$/);
});

test('under /app the bytes are the same for every path and everybody', async ({ alice, stack }) => {
  await alice.signIn();
  const session = (await alice.context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  expect(session).toContain('jackdaw=');
  const ask = async (path: string, headers: Record<string, string> = {}): Promise<{ body: string; type: string | null }> => {
    const answer = await fetch(stack.url + path, { headers });
    return { body: await answer.text(), type: answer.headers.get('content-type') };
  };
  const plain = await ask('/app');
  expect(plain.type).toContain('text/html');
  for (const path of ['/app', '/app/new', '/app/settings', `/app/c/${alice.address}`, '/app/no/such/page']) {
    expect(await ask(path), path).toEqual(plain);
    expect(await ask(path, { cookie: session }), `${path} with a session`).toEqual(plain);
    expect(await ask(path, { 'accept-language': 'de', 'user-agent': 'phone' }), `${path} from elsewhere`).toEqual(plain);
  }
});

test('every page carries the headers that protect it', async ({ stack, alice }) => {
  for (const path of ['/', '/app', `/invite/${alice.address}`, '/none']) {
    const { headers } = await fetch(stack.url + path);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy, path).toContain("default-src 'none'");
    expect(policy, path).not.toContain("'unsafe-inline'");
    expect(policy.replaceAll("'wasm-unsafe-eval'", ''), path).not.toContain('unsafe-eval');
    expect(policy, path).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options'), path).toBe('nosniff');
    expect(headers.get('referrer-policy'), path).toBeTruthy();
    expect(headers.get('permissions-policy'), path).toBeTruthy();
    expect(headers.get('cross-origin-opener-policy'), path).toBe('same-origin');
  }
});

test('the session cookie is out of reach of scripts', async ({ alice }) => {
  await alice.signIn();
  const session = (await alice.context.cookies()).find(({ name }) => name === 'jackdaw');
  expect(session).toMatchObject({ httpOnly: true, sameSite: expect.stringMatching(/Lax|Strict/), path: '/' });
  expect(await alice.page.evaluate(() => document.cookie)).toBe('');
  const kept = await alice.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(kept).not.toContain(session?.value ?? 'no session');
});
