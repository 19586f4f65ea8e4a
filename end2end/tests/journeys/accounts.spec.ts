import { short, type Person } from '../../fixtures/people';
import { expect, test } from '../../fixtures/test';
import { Wallet } from '../../fixtures/wallet';

/** The wallet is locked: it says that there are no accounts, and keeps its permission. */
async function lock(person: Person, wallet: Wallet): Promise<void> {
  await person.page.evaluate(
    (uuid) => (window as unknown as { __emit: (...event: unknown[]) => void }).__emit(uuid, 'accountsChanged', []),
    wallet.uuid,
  );
}

test('each account of a wallet has its own vault, and the page follows the wallet', async ({ people, bob, stack }) => {
  const [work, home] = [stack.account(), stack.account()];
  const wallet = new Wallet(stack.rpc, [work, home]);
  const alice = await people.arrive('Alice', { wallets: [wallet] });
  await bob.signIn();
  await alice.signIn();
  await alice.greet(bob, 'from the office');
  await alice.jackdaw.thread.sent('from the office');
  await alice.jackdaw.thread.box.fill('half a thought');

  await test.step('another account: nothing of the first one is shown', async () => {
    await wallet.select(home);
    await expect(alice.jackdaw.signIn).toBeVisible();
    await expect(alice.page.getByText('from the office')).toBeHidden();
    await expect(alice.page.getByRole('alert')).toContainText('What you typed is kept.');
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
    await expect(alice.jackdaw.thread.box).toHaveValue('half a thought');
  });

  await test.step('locked and unlocked at the other account: the page follows all the same', async () => {
    await lock(alice, wallet);
    await wallet.select(home);
    await expect(alice.jackdaw.signIn).toBeVisible();
    await expect(alice.page.getByText(short(home))).toBeVisible();
    await expect(alice.page.getByText('from the office')).toBeHidden();
  });

  await test.step('locked and unlocked at the same account: nothing happens', async () => {
    await alice.jackdaw.signIn.click();
    await alice.jackdaw.in();
    await lock(alice, wallet);
    await wallet.select(home);
    await expect(alice.jackdaw.newConversation).toBeVisible();
    await expect(alice.jackdaw.signIn).toBeHidden();
  });
});
