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

test('the session cookie is out of reach of scripts', async ({ alice }) => {
  await alice.signIn();
  const session = (await alice.context.cookies()).find(({ name }) => name === 'jackdaw');
  expect(session).toMatchObject({ httpOnly: true, sameSite: expect.stringMatching(/Lax|Strict/), path: '/' });
  expect(await alice.page.evaluate(() => document.cookie)).toBe('');
  const kept = await alice.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(kept).not.toContain(session?.value ?? 'no session');
});
