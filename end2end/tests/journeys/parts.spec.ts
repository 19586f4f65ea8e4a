import fs from 'node:fs';
import path from 'node:path';
import { site } from '../../fixtures/env';
import { expect, test } from '../../fixtures/test';

const assets = JSON.parse(fs.readFileSync(path.join(site, 'assets.json'), 'utf8')) as { parts: Record<string, string[]> };

/** The file that only this part needs. */
function own(part: string): string {
  const file = assets.parts[part]?.at(-1);
  if (!file) throw new Error(`this build has no part ${part}: it is none of a release`);
  return file;
}

test('a part that cannot be loaded says so, and is there once the network is back', { tag: '@quick' }, async ({ alice }) => {
  const { page, jackdaw, network, watch } = alice;
  await alice.signIn();
  await jackdaw.in();
  watch.expectDisconnection();
  watch.expect(/^console: TypeError: Failed to fetch/);
  network.pullOut();

  await page.getByRole('link', { name: 'Settings' }).click();
  const said = page.getByRole('alert').filter({ hasText: 'could not be loaded' });
  await expect(said).toBeVisible();
  const again = said.getByRole('button', { name: 'Try again' });
  await again.click();
  await expect(said).toBeVisible();

  network.putBack();
  await again.click();
  await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeFocused();
  await expect(jackdaw.settings.profile).toBeVisible();
});

test('newcomers load the way in, members the frame, nobody what is not shown', { tag: '@quick' }, async ({ alice }) => {
  const { page, jackdaw, watch } = alice;
  const loaded = (part: string) => watch.requests.some((request) => new URL(request.url()).pathname === own(part));

  await page.goto('/app');
  await expect(jackdaw.connectButton).toBeVisible();
  expect(loaded('gate')).toBe(true);
  expect(loaded('talk')).toBe(false);

  await alice.signIn();
  await jackdaw.in();
  watch.requests.length = 0;
  await page.reload();
  await jackdaw.in();
  // The wallet has been found again, and has said what the account has.
  await page.waitForLoadState('networkidle');
  expect(loaded('talk')).toBe(true);
  expect(loaded('gate')).toBe(false);
  for (const part of ['places', 'tips', 'wallet']) expect(loaded(part), part).toBe(false);
});

test('a wallet that cannot be asked yet is not to blame, and is asked once its part is there', { tag: '@quick' }, async ({ alice }) => {
  const { page, jackdaw, watch, context } = alice;
  const wallet = `**${own('wallet')}`;
  await context.route(wallet, (route) => route.abort());
  watch.expectDisconnection();
  watch.expect(/^console: TypeError: Failed to fetch/);
  await page.goto('/app');
  await jackdaw.connect();
  await expect(page.getByText('Your wallet was not asked, because a part of Jackdaw could not be loaded.')).toBeVisible();
  expect(alice.wallet.prompts).toEqual([]);

  await context.unroute(wallet);
  await jackdaw.connect();
  await expect(jackdaw.signIn).toBeVisible();
});
