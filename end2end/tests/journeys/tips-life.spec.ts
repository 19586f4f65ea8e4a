import { ether } from '../../fixtures/chain';
import { tipped, TIPS } from '../../fixtures/contracts';
import type { Person } from '../../fixtures/people';
import { until } from '../../fixtures/process';
import type { Stack } from '../../fixtures/stack';
import { befriend, pay } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';
import { LOOK } from '../../pages/tips';

/** How often and how much the chain says this person has tipped. */
async function paid(stack: Stack, person: Person): Promise<bigint[]> {
  const all = await tipped(stack.rpc, TIPS);
  return all.filter(({ from }) => from === person.address.toLowerCase()).map(({ amount }) => amount);
}

/** On its way, and the server has seen it too: only then can it tell what became of it. */
async function onItsWay(...people: Person[]): Promise<void> {
  for (const { jackdaw } of people) {
    await jackdaw.tips.says('Submitted');
    await jackdaw.tips.says('Reported by the server');
  }
}

/** These devices have seen for themselves whose transaction it is and which of theirs: only then can they tell what took its place. */
async function knowItsPlace(...people: Person[]): Promise<void> {
  for (const { wallet } of people) {
    await until('the device has seen the transaction', async () => wallet.asked.includes('eth_getTransactionByHash'));
  }
}

/** Reloads, and goes back to the conversation. */
async function reload(person: Person, other: Person): Promise<void> {
  await person.page.reload();
  await person.show(other);
}

test('a reload while the wallet is open: asked again for the same tip, and paid once', async ({ alice, bob, stack }) => {
  await befriend(alice, bob);
  const before = await stack.chain.balance(bob.address);
  const { tips } = alice.jackdaw;
  alice.wallet.mood = 'manual';
  alice.wallet.queues = true;
  await tips.give('0.5');
  const first = await alice.wallet.prompted();
  await tips.says('Waiting for your wallet');
  await reload(alice, bob);

  await tips.says('Waiting for your wallet');
  await tips.act('Ask the wallet again').click();
  await expect.poll(() => alice.wallet.prompts.length).toBe(2);
  const second = alice.wallet.prompts[1]!;
  expect(second.params, 'the same tip to the last byte').toEqual(first.params);
  second.approve();
  await bob.jackdaw.tips.says('Confirming');
  first.approve();
  await until('both are in blocks', async () => alice.wallet.sent.length === 2);
  await stack.chain.mine();
  for (const { jackdaw } of [alice, bob]) {
    await jackdaw.tips.confirmed();
    await expect(jackdaw.tips.card).toHaveCount(1);
  }
  expect(await paid(stack, alice)).toEqual([ether('0.5')]);
  expect(await stack.chain.balance(bob.address)).toBe(before + ether('0.5'));
});

test('five blocks, and deeper than anybody waited for: what was confirmed is not, and comes again', async ({ alice, bob, stack }) => {
  test.setTimeout(150_000);
  const { chain } = stack;
  await befriend(alice, bob);
  const before = await chain.balance(bob.address);
  await chain.mine(4);
  const hash = await pay(alice, '0.35');
  await chain.mine();
  for (const { jackdaw } of [alice, bob]) await jackdaw.tips.confirmed();
  const signed = await chain.signed(hash);
  await chain.reorg(5);
  expect(await paid(stack, alice)).toEqual([]);
  for (const { jackdaw } of [alice, bob]) {
    await expect(jackdaw.tips.card).not.toContainText('Confirmed', LOOK);
    await expect(jackdaw.tips.card).toContainText(/Submitted|Dropped/);
  }

  await test.step('also who comes back only now has it as it is', async () => {
    await reload(bob, alice);
    await bob.jackdaw.tips.says(/Submitted|Dropped/);
  });
  await test.step('it comes again', async () => {
    await chain.resend(signed);
    for (const { jackdaw } of [alice, bob]) await jackdaw.tips.says('Confirming 1/2');
    await chain.mine();
    for (const { jackdaw } of [alice, bob]) {
      await jackdaw.tips.confirmed();
      await expect(jackdaw.tips.card).toHaveCount(1);
    }
  });
  expect(await paid(stack, alice)).toEqual([ether('0.35')]);
  expect(await chain.balance(bob.address)).toBe(before + ether('0.35'));
});

test('cancelled in the wallet after it was sent: replaced, and nothing has moved', async ({ alice, bob, stack }) => {
  test.slow();
  const { chain } = stack;
  await befriend(alice, bob);
  const before = await chain.balance(bob.address);
  await chain.hold();
  await pay(alice, '0.4');
  await onItsWay(alice, bob);
  await knowItsPlace(alice, bob);
  await alice.wallet.replace(alice.wallet.sent[0]!, 'cancel');
  await chain.mine(2);
  for (const { jackdaw } of [alice, bob]) {
    await jackdaw.tips.says('Replaced');
    // The server names what took its place, and each device has looked at that.
    await jackdaw.tips.says('This tip was not paid. Checked by this device.');
    await expect(jackdaw.tips.card).not.toContainText('Reported by the server');
  }
  // Only on the server's word alone nobody should send twice.
  await expect(alice.jackdaw.tips.card).not.toContainText('Look into your wallet');
  expect(await chain.balance(bob.address)).toBe(before);

  await test.step('it can be sent again, as another tip', async () => {
    await alice.jackdaw.tips.act('Send again').click();
    await expect(alice.jackdaw.tips.amount).toHaveValue('0.4');
    await alice.jackdaw.tips.continue.click();
    await expect(alice.jackdaw.tips.card).toHaveCount(2);
    await until('it is on its way', async () => alice.wallet.sent.length === 2);
    await chain.mine(2);
    await expect(bob.jackdaw.tips.card.last()).toContainText('Confirmed, checked by this device', LOOK);
    await expect(bob.jackdaw.tips.card.first()).toContainText('Replaced');
    expect(await chain.balance(bob.address)).toBe(before + ether('0.4'));
  });
});

test('forgotten by the chain: dropped; and if it turns up after all, it counts', async ({ alice, bob, stack }) => {
  test.setTimeout(150_000);
  const { chain } = stack;
  await befriend(alice, bob);
  await chain.hold();
  await pay(alice, '0.6');
  await onItsWay(alice, bob);
  const hash = alice.wallet.sent[0]!;
  const signed = await chain.signed(hash);
  await chain.drop(hash);
  for (const { jackdaw } of [alice, bob]) await expect(jackdaw.tips.card).toContainText('Dropped', { timeout: 60_000 });
  await expect(alice.jackdaw.tips.card).toContainText('It may still turn up');
  await expect(alice.jackdaw.tips.act('Remove')).toBeVisible();

  await chain.resend(signed);
  await chain.mine(2);
  for (const { jackdaw } of [alice, bob]) await jackdaw.tips.confirmed();
  expect(await paid(stack, alice)).toEqual([ether('0.6')]);
});

test('gone before the server has looked: nobody waits for it for ever', async ({ alice, bob, stack }) => {
  test.setTimeout(150_000);
  const { chain } = stack;
  await befriend(alice, bob);
  for (const person of [alice, bob]) person.watch.expectDisconnection();
  // The dialog's code comes from the server, once.
  await alice.jackdaw.tips.open();
  await alice.page.keyboard.press('Escape');
  await expect(alice.jackdaw.tips.dialog).toBeHidden();
  await chain.hold();
  await stack.down();
  const hash = await pay(alice, '0.65');
  await alice.jackdaw.tips.says('Submitted');
  await alice.wallet.replace(hash, 'cancel');
  await chain.mine(2);
  await stack.up();
  for (const { jackdaw } of [alice, bob]) {
    await expect(jackdaw.tips.card).toContainText('Dropped', { timeout: 60_000 });
    await jackdaw.tips.says('Checked by this device.');
  }
  await alice.jackdaw.tips.act('Remove').click();
  await expect(alice.jackdaw.tips.card).toBeHidden();
  expect(await paid(stack, alice)).toEqual([]);
});
