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

  await alice.page.getByRole('link', { name: 'Back' }).tap();
  await expect(alice.page).toHaveURL(/\/app$/);
  await expect(alice.jackdaw.conversation(bob.short)).toBeInViewport();
  await test.step('whose account it is stands above the list, also on the narrowest phone', async () => {
    await alice.page.setViewportSize({ width: 320, height: 640 });
    const whole = alice.jackdaw.account.getByText(alice.short);
    await expect(whole).toBeVisible();
    expect(await whole.evaluate((words) => words.scrollWidth <= words.clientWidth), 'to the last digit').toBe(true);
    await expect(alice.jackdaw.account).toBeInViewport({ ratio: 1 });
    const [account, plus] = await Promise.all([alice.jackdaw.account, alice.jackdaw.newConversation].map((each) => each.boundingBox()));
    expect(plus!.x + plus!.width, 'nothing lies under it').toBeLessThanOrEqual(account!.x);
    await alice.page.setViewportSize(viewport);
  });
  await alice.jackdaw.conversation(bob.short).tap();
  await expect(alice.jackdaw.thread.message('to your pocket')).toBeInViewport();
  expect(await alice.page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true);
});

test('a phone without a wallet is told where to open the page', async ({ people }) => {
  const alice = await people.arrive('Alice', { ...phone, wallets: [] });
  await alice.page.goto('/app');
  await expect(alice.page.getByRole('heading', { name: "Open in your wallet's browser" })).toBeVisible();
});
