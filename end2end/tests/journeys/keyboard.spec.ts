import { tabTo } from '../../fixtures/keyboard';
import { expect, test } from '../../fixtures/test';

test('from the landing page to a sent message and an answer, by keyboard alone', async ({ alice, bob }) => {
  await bob.signIn();
  const { page, jackdaw } = alice;
  await page.goto('/');
  await tabTo(page, jackdaw.connectLink.first());
  await page.keyboard.press('Enter');
  await tabTo(page, jackdaw.connectButton);
  await page.keyboard.press('Enter');
  await tabTo(page, jackdaw.signIn);
  await page.keyboard.press('Enter');
  await jackdaw.in();

  await tabTo(page, jackdaw.newConversation);
  await page.keyboard.press('Enter');
  await tabTo(page, jackdaw.addressOrName);
  await page.keyboard.type(bob.address);
  await page.keyboard.press('Enter');
  await tabTo(page, jackdaw.thread.box);
  await page.keyboard.type('no mouse');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('was harmed');
  await page.keyboard.press('Enter');
  await expect(jackdaw.thread.log.getByRole('article')).toContainText('no mouse');
  await expect(jackdaw.thread.log.getByRole('article')).toContainText('Sent');
  await expect(jackdaw.thread.box).toBeFocused();

  await test.step('Bob answers by keyboard too', async () => {
    await tabTo(bob.page, bob.jackdaw.conversation(alice.short));
    await bob.page.keyboard.press('Enter');
    await tabTo(bob.page, bob.jackdaw.thread.accept);
    await bob.page.keyboard.press('Enter');
    await tabTo(bob.page, bob.jackdaw.thread.box);
    await bob.page.keyboard.type('nor here');
    await bob.page.keyboard.press('Enter');
    await expect(jackdaw.thread.message('nor here')).toBeVisible();
  });

  await test.step('the account menu opens, moves and closes', async () => {
    await tabTo(page, jackdaw.account);
    await page.keyboard.press('Enter');
    await expect(jackdaw.menuItem('Settings')).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(jackdaw.menuItem('Settings')).toBeHidden();
    await expect(jackdaw.account).toBeFocused();
  });
});
