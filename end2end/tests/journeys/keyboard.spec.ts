import { tabTo } from '../../fixtures/keyboard';
import { befriend } from '../../fixtures/stories';
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

test('a tip, and another one that is cancelled, by keyboard alone', async ({ alice, bob, stack }) => {
  await befriend(alice, bob);
  const { page, jackdaw } = alice;
  const { tips } = jackdaw;
  await tabTo(page, tips.button);
  await page.keyboard.press('Enter');
  await expect(tips.amount, 'the dialog begins where one types').toBeFocused();
  await expect(tips.continue).not.toHaveAttribute('aria-disabled', 'true');
  await page.keyboard.type('0.05');
  await tabTo(page, tips.continue);
  await page.keyboard.press('Enter');
  await tips.says('Confirming 1/2');
  await expect(tips.dialog).toBeHidden();
  await expect(tips.button, 'and ends where it began').toBeFocused();
  await stack.chain.mine();
  await bob.jackdaw.tips.confirmed();

  await test.step('Enter in the field is enough', async () => {
    alice.wallet.mood = 'reject';
    await page.keyboard.press('Enter');
    await expect(tips.amount).toBeFocused();
    await page.keyboard.type('0.06');
    await expect(tips.continue).not.toHaveAttribute('aria-disabled', 'true');
    await page.keyboard.press('Enter');
    await expect(tips.problem).toContainText('Cancelled in your wallet.');
    await page.keyboard.press('Escape');
    await expect(tips.dialog).toBeHidden();
    await expect(tips.button).toBeFocused();
  });

  await test.step('Tab stays in the dialog', async () => {
    await page.keyboard.press('Enter');
    await expect(tips.amount).toBeFocused();
    for (let pressed = 0; pressed < 12; pressed += 1) {
      await page.keyboard.press('Tab');
      const outside = await page.evaluate(() => document.activeElement !== document.body && !document.activeElement?.closest('dialog'));
      expect(outside).toBe(false);
    }
    const one = tips.dialog.getByRole('button', { name: '0.01', exact: true });
    await tabTo(page, one);
    await page.keyboard.press('Space');
    await expect(tips.amount).toHaveValue('0.01');
    await expect(one).toHaveAttribute('aria-pressed', 'true');
  });
});
