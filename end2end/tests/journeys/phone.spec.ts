import { devices } from '@playwright/test';
import { befriend } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';

const { userAgent, viewport, deviceScaleFactor, isMobile, hasTouch } = devices['Pixel 7'];
const phone = { userAgent, viewport, deviceScaleFactor, isMobile, hasTouch };

test('on a phone the list gives way to the thread and comes back', async ({ people, bob }) => {
  const alice = await people.arrive('Alice', phone);
  await befriend(alice, bob);
  await expect(alice.jackdaw.thread.box).toBeInViewport();
  await expect(alice.jackdaw.thread.sendButton).toBeInViewport();
  await bob.jackdaw.thread.send('to your pocket');
  await expect(alice.jackdaw.thread.message('to your pocket')).toBeInViewport();

  await alice.page.goBack();
  await expect(alice.jackdaw.conversation(bob.short)).toBeInViewport();
  await alice.jackdaw.conversation(bob.short).tap();
  await expect(alice.jackdaw.thread.message('to your pocket')).toBeInViewport();
  expect(await alice.page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true);
});

test('a phone without a wallet is told where to open the page', async ({ people }) => {
  const alice = await people.arrive('Alice', { ...phone, wallets: [] });
  await alice.page.goto('/app');
  await expect(async () => {
    if (await alice.jackdaw.connectButton.isVisible()) await alice.jackdaw.connectButton.tap();
    await expect(alice.page.getByText("Open in your wallet's browser").first()).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 15_000 });
});
