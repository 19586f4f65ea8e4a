import { ether, rpc } from '../fixtures/chain';
import { deployRefusing } from '../fixtures/contracts';
import { shoot } from '../fixtures/shots';
import { befriend, pay } from '../fixtures/stories';
import { expect, test } from '../fixtures/test';
import { LOOK } from '../pages/tips';
import type { Person } from '../fixtures/people';

// Tips in all their states, for looking at: `SHOTS=folder`.
test.setTimeout(300_000);

/** A picture of both sides of a tip. */
async function both(alice: Person, bob: Person, name: string): Promise<void> {
  await shoot(alice.page, `${name}-sent`);
  await shoot(bob.page, `${name}-received`);
}

async function named(person: Person, name: string): Promise<void> {
  await person.jackdaw.openSettings();
  await person.jackdaw.settings.name.fill(name);
  await person.jackdaw.settings.save.click();
  await person.page.goto('/app');
  await person.jackdaw.in();
}

test('the dialog', async ({ alice, bob, stack }) => {
  await Promise.all([alice.signIn(), bob.signIn()]);
  await named(bob, 'Bob Marsh');
  await alice.greet(bob, 'The paper is on me, I insist.');
  const { tips } = alice.jackdaw;
  await tips.open();
  await expect(tips.continue).not.toHaveAttribute('aria-disabled', 'true');
  await shoot(alice.page, 'dialog-empty');
  await tips.amount.fill('0.05');
  await shoot(alice.page, 'dialog-amount');
  await tips.amount.fill('0.1234567890123456789');
  await shoot(alice.page, 'dialog-decimals');
  await tips.amount.fill('1000000');
  await shoot(alice.page, 'dialog-not-enough');
  alice.wallet.mood = 'reject';
  await tips.amount.fill('0.05');
  await tips.continue.click();
  await expect(tips.problem).toContainText('Cancelled');
  await shoot(alice.page, 'dialog-cancelled');
  await alice.wallet.goTo(1);
  await expect(tips.continue).toBeHidden();
  await shoot(alice.page, 'dialog-network');
  await alice.wallet.goTo(31337);
  alice.wallet.mood = 'manual';
  await tips.continue.click();
  await alice.wallet.prompted();
  await shoot(alice.page, 'dialog-waiting');
  await alice.page.keyboard.press('Escape');
  await shoot(alice.page, 'card-waiting');
  await alice.page.reload();
  await alice.jackdaw.conversation('Bob Marsh').click();
  await expect(tips.act('Give up')).toBeVisible();
  await shoot(alice.page, 'card-again');
  await tips.act('Ask the wallet again').click();
  await expect(tips.refusal).toBeVisible();
  await shoot(alice.page, 'notice-busy');
  const refusing = await deployRefusing(stack.rpc);
  await stack.chain.becomes(bob.address, await rpc<string>(stack.rpc, 'eth_getCode', [refusing, 'latest']));
  await tips.open();
  await tips.amount.fill('0.05');
  await expect(tips.problem).toContainText('does not take it', LOOK);
  await shoot(alice.page, 'dialog-reverts');
  await stack.chain.endow(alice.address, 0n);
  await alice.page.reload();
  await alice.jackdaw.conversation('Bob Marsh').click();
  await tips.open();
  await expect(tips.dialog.getByRole('button', { name: 'Get test ETH' })).toBeVisible();
  await shoot(alice.page, 'dialog-empty-wallet');
});

test('the card while it is being tried out', async ({ alice, bob }) => {
  await befriend(alice, bob);
  const { tips } = alice.jackdaw;
  await tips.open();
  await tips.amount.fill('0.05');
  await expect(tips.continue).not.toHaveAttribute('aria-disabled', 'true');
  // Its node takes its time.
  alice.wallet.lie = (method, _params, truth) => (method === 'eth_estimateGas' ? new Promise(() => undefined) : truth());
  await tips.continue.click();
  await expect(tips.dialog.getByRole('status')).toContainText('Checking');
  await shoot(alice.page, 'dialog-checking');
  await alice.page.keyboard.press('Escape');
  await tips.says('Checking');
  await shoot(alice.page, 'card-checking');
});

test('the card while it is on its way', async ({ alice, bob, stack }) => {
  await befriend(alice, bob);
  await bob.jackdaw.thread.send('Saturday at three. I bring cake');
  await stack.chain.hold();
  await pay(alice, '0.05');
  for (const { jackdaw } of [alice, bob]) await jackdaw.tips.says('Submitted');
  await both(alice, bob, 'card-submitted');
  await stack.chain.mine();
  for (const { jackdaw } of [alice, bob]) await jackdaw.tips.says('Confirming 1/2');
  await both(alice, bob, 'card-confirming');
  await stack.chain.mine();
  for (const { jackdaw } of [alice, bob]) await jackdaw.tips.confirmed();
  await both(alice, bob, 'card-confirmed');
  await alice.jackdaw.thread.send('For the paper, and a coffee.');
  await bob.jackdaw.thread.send('You are too kind!');
  await both(alice, bob, 'card-in-a-thread');
});

test('the card that came to nothing', async ({ alice, bob, stack }) => {
  await befriend(alice, bob);
  await stack.chain.hold();
  await pay(alice, '0.4');
  for (const { jackdaw, wallet } of [alice, bob]) {
    await jackdaw.tips.says('Reported by the server');
    await expect.poll(() => wallet.asked).toContain('eth_getTransactionByHash');
  }
  await alice.wallet.replace(alice.wallet.sent[0]!, 'cancel');
  await stack.chain.mine(2);
  // Where this device has seen it, another one can be sent.
  for (const { jackdaw } of [alice, bob]) await jackdaw.tips.says('This tip was not paid. Checked by this device.');
  await both(alice, bob, 'card-replaced');
});

test('the card that was dropped', async ({ alice, bob, stack }) => {
  await befriend(alice, bob);
  await stack.chain.hold();
  await pay(alice, '0.6');
  for (const { jackdaw } of [alice, bob]) await jackdaw.tips.says('Reported by the server');
  await stack.chain.drop(alice.wallet.sent[0]!);
  for (const { jackdaw } of [alice, bob]) await expect(jackdaw.tips.card).toContainText('Dropped', { timeout: 60_000 });
  for (const { jackdaw } of [alice, bob]) await jackdaw.tips.says('Checked by this device.');
  await both(alice, bob, 'card-dropped');
});

test('the card that was reverted', async ({ alice, bob, stack }) => {
  await befriend(alice, bob);
  alice.wallet.mood = 'manual';
  await alice.jackdaw.tips.give('0.7');
  const prompt = await alice.wallet.prompted();
  await stack.chain.becomes(bob.address, '0x60006000fd');
  prompt.approve();
  for (const { jackdaw } of [alice, bob]) await jackdaw.tips.says(/Reverted.*Checked by this device\./);
  await both(alice, bob, 'card-reverted');
});

test('the card that does not match, and the one the server speaks for', async ({ alice, bob, stack }) => {
  await befriend(alice, bob);
  await pay(alice, '0.123456789012345678');
  await stack.chain.mine();
  await bob.jackdaw.tips.confirmed();
  await shoot(bob.page, 'card-long-received');
  const [hash] = alice.wallet.sent;
  alice.wallet.lie = (method, _params, truth) => (method === 'eth_sendTransaction' ? hash : truth());
  await pay(alice, '0.5');
  await expect(bob.jackdaw.tips.card.last()).toContainText('Does not match', LOOK);
  await both(alice, bob, 'card-mismatch');
  alice.wallet.lie = undefined;
  await bob.wallet.goTo(1);
  await pay(alice, '0.02');
  await stack.chain.mine();
  await expect(bob.jackdaw.tips.card.last()).toContainText('Reported by the server', LOOK);
  await shoot(bob.page, 'card-reported-received');
});

test('the account', async ({ alice, bob, stack }) => {
  await stack.chain.endow(alice.address, ether('1.23456789'));
  await befriend(alice, bob);
  await alice.page.goto('/app');
  await alice.jackdaw.account.click();
  await expect(alice.jackdaw.menuItem('Settings')).toBeVisible();
  await shoot(alice.page, 'account');
  await alice.wallet.goTo(1);
  await shoot(alice.page, 'account-elsewhere');
});
