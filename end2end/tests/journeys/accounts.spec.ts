import { expect, test } from '../../fixtures/test';
import { Wallet } from '../../fixtures/wallet';

test('each account of a wallet has its own vault, and the page follows the wallet', async ({ people, bob, stack }) => {
  const [work, home] = [stack.account(), stack.account()];
  const wallet = new Wallet(stack.rpc, [work, home]);
  const alice = await people.arrive('Alice', { wallets: [wallet] });
  await bob.signIn();
  await alice.signIn();
  await alice.greet(bob, 'from the office');
  await alice.jackdaw.thread.sent('from the office');

  await test.step('another account: nothing of the first one is shown', async () => {
    await wallet.select(home);
    await expect(alice.jackdaw.signIn).toBeVisible();
    await expect(alice.page.getByText('from the office')).toBeHidden();
    await alice.jackdaw.signIn.click();
    await alice.jackdaw.in();
    await expect(alice.jackdaw.conversation(bob.short)).toBeHidden();
  });

  await test.step('back again: everything is there', async () => {
    await wallet.select(work);
    // The cookie is the other account's by now: the first one signs again.
    await expect(alice.jackdaw.signIn.or(alice.jackdaw.conversation(bob.short)).first()).toBeVisible();
    if (await alice.jackdaw.signIn.isVisible()) await alice.jackdaw.signIn.click();
    await alice.show(bob);
    await expect(alice.jackdaw.thread.message('from the office')).toBeVisible();
  });
});
