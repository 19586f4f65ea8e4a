import { searched } from '../../fixtures/canaries';
import { RpcError, ether, rpc, type Chain } from '../../fixtures/chain';
import { mined, tip, TIPS } from '../../fixtures/contracts';
import { Person } from '../../fixtures/people';
import { Stack } from '../../fixtures/stack';
import { befriend, pay } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';
import { Wallet, type Lie, type Wish } from '../../fixtures/wallet';

/** A wallet that does something else than it was asked to, and gives that transaction's hash for the answer. */
function instead(act: (wish: Wish, id: string) => Promise<string>): Lie {
  return (method, params, truth) => {
    if (method !== 'eth_sendTransaction') return truth();
    const [wish] = params as [Wish];
    return act(wish, `0x${wish.data.slice(10, 74)}`);
  };
}

const CHAIN = 'Jackdaw development chain';

/** Said where nobody knows whether the wallet has sent it. */
const PERHAPS = 'The tip may have been sent all the same. Look into your wallet before you try again.';

/** Another 32 bytes. */
const other = (id: string): string => `0x${id.slice(2).split('').reverse().join('')}`;

/** What a wallet can make its owner's message claim, and what both devices say to it. */
const forgeries: [string, string, (stack: Stack, alice: Person, bob: Person) => Lie][] = [
  ['another amount', 'The chain shows another amount.', ({ rpc }) =>
    instead(({ from, data }, id) => tip(rpc, TIPS, from, `0x${data.slice(-40)}`, id, 1n))],
  ['another recipient', 'The chain shows another recipient.', (stack) =>
    instead(({ from, value }, id) => tip(stack.rpc, TIPS, from, stack.account(), id, BigInt(value)))],
  ['another sender', 'The chain shows another sender.', (stack) =>
    instead(({ data, value }, id) => tip(stack.rpc, TIPS, stack.account(), `0x${data.slice(-40)}`, id, BigInt(value)))],
  ['the tip of another message', 'The chain shows no such tip in this transaction.', ({ rpc }) =>
    instead(({ from, data, value }, id) => tip(rpc, TIPS, from, `0x${data.slice(-40)}`, other(id), BigInt(value)))],
  ['a plain transfer', 'The chain shows no such tip in this transaction.', (stack) =>
    instead(({ from, data, value }) =>
      rpc<string>(stack.rpc, 'eth_sendTransaction', [{ from, to: `0x${data.slice(-40)}`, value }]))],
];

for (const [what, words, lie] of forgeries) {
  test(`a reference to ${what} does not match, and is no money`, async ({ alice, bob, stack }) => {
    await befriend(alice, bob);
    alice.wallet.lie = lie(stack, alice, bob);
    await pay(alice, '0.5');
    await stack.chain.mine();
    await bob.jackdaw.tips.says('Does not match');
    await bob.jackdaw.tips.says(`${words} This does not count as money.`);
    await expect(bob.jackdaw.tips.card).toContainText('Claimed by');
    await expect(bob.jackdaw.tips.card).not.toContainText(/Confirm|Test money/);
    // Alice believed her wallet; her device has looked too.
    await alice.jackdaw.tips.says('Does not match');
    await bob.page.reload();
    await bob.show(alice);
    await bob.jackdaw.tips.says('Does not match');
  });
}

test('a true tip cannot be claimed a second time, nor by somebody else', async ({ alice, bob, carol, stack }) => {
  test.slow();
  await befriend(alice, bob);
  await pay(alice, '0.5');
  await stack.chain.mine();
  await bob.jackdaw.tips.confirmed();
  const hash = alice.wallet.sent[0]!;

  await test.step('by Alice, in a second message', async () => {
    alice.wallet.lie = instead(async () => hash);
    await pay(alice, '0.5');
    await expect(bob.jackdaw.tips.card).toHaveCount(2);
    await expect(bob.jackdaw.tips.card.last()).toContainText('Does not match');
    await expect(bob.jackdaw.tips.card.first()).toContainText('Confirmed, checked by this device');
  });
  await test.step('by Carol, in another conversation', async () => {
    await carol.signIn();
    await carol.greet(bob, 'look what I have sent');
    await bob.jackdaw.conversation(carol.short).click();
    await bob.jackdaw.thread.accept.click();
    carol.wallet.lie = instead(async () => hash);
    await pay(carol, '0.5');
    await bob.jackdaw.tips.says('Does not match');
    await bob.jackdaw.tips.says('Claimed by');
  });
});

test('an answer of the wallet that makes no sense is said, and the tip is looked for', async ({ alice, bob }) => {
  await befriend(alice, bob);
  alice.wallet.lie = (method, _params, truth) => (method === 'eth_sendTransaction' ? 'sure thing' : truth());
  const { tips } = alice.jackdaw;
  await tips.give('0.5');
  await expect(tips.refusal).toHaveText(`Your wallet's answer makes no sense. ${PERHAPS}`);
  await expect(tips.dialog, 'it would make another tip').toBeHidden();
  await tips.says('Waiting for your wallet');
  await expect(bob.jackdaw.tips.card).toBeHidden();
});

test('what a wallet throws is said in words, and none of them says more than is known', async ({ alice, bob, stack }) => {
  test.slow();
  await befriend(alice, bob);
  const { tips } = alice.jackdaw;
  const throws = (method: string, code: number, words = 'no'): Lie => (asked, _params, truth) => {
    if (asked === method) throw new RpcError(code, words);
    return truth();
  };
  const offline = `Your wallet lost its connection to ${CHAIN}.`;
  const disconnected = 'This account is not connected to this site. Connect it.';
  const cases: [string, Lie, string, 'gone' | 'waits'][] = [
    ['4100 before the prompt', throws('eth_estimateGas', 4100), disconnected, 'gone'],
    ['4900 before the prompt', throws('eth_estimateGas', 4900), `${offline} Nothing was sent. Try again in a moment.`, 'gone'],
    ['4901 before the prompt', throws('eth_accounts', 4901), `${offline} Nothing was sent. Try again in a moment.`, 'gone'],
    ['4100 at the prompt', throws('eth_sendTransaction', 4100), disconnected, 'gone'],
    ['4900 at the prompt', throws('eth_sendTransaction', 4900), `${offline} ${PERHAPS}`, 'waits'],
    ['4901 at the prompt', throws('eth_sendTransaction', 4901), `${offline} ${PERHAPS}`, 'waits'],
    ['words of its own', throws('eth_sendTransaction', -32603, 'Internal error.'), `Your wallet could not do that. It said: Internal error. ${PERHAPS}`, 'waits'],
    ['no words at all', throws('eth_sendTransaction', -32603, ''), `Your wallet could not do that, and does not say why. ${PERHAPS}`, 'waits'],
  ];
  for (const [what, lie, words, then] of cases) {
    await test.step(what, async () => {
      await tips.open();
      await tips.amount.fill('0.5');
      await expect(tips.continue).not.toHaveAttribute('aria-disabled', 'true');
      alice.wallet.lie = lie;
      await tips.continue.click();
      if (then === 'gone') {
        await expect(tips.problem).toHaveText(words);
        alice.wallet.lie = undefined;
        await alice.page.keyboard.press('Escape');
        await expect(tips.card).toBeHidden();
      } else {
        await expect(tips.refusal).toHaveText(words);
        await expect(tips.dialog).toBeHidden();
        await tips.says('Waiting for your wallet');
        alice.wallet.lie = undefined;
        await tips.act('Give up').click();
        await expect(tips.card).toBeHidden();
      }
    });
  }
  await test.step('a wallet that is well again pays', async () => {
    await pay(alice, '0.5');
    await stack.chain.mine();
    await bob.jackdaw.tips.confirmed();
    await expect(bob.jackdaw.tips.card).toHaveCount(1);
  });
});

test('a wallet that never answers can be left alone; asked again, it pays once', async ({ alice, bob, stack }) => {
  await befriend(alice, bob);
  const { tips } = alice.jackdaw;
  alice.wallet.mood = 'never';
  await tips.give('0.5');
  await alice.wallet.prompted();
  await expect(tips.dialog.getByRole('status')).toContainText('Waiting for your wallet');
  await alice.page.keyboard.press('Escape');
  await expect(tips.dialog).toBeHidden();
  await alice.jackdaw.thread.send('one moment, my wallet is asleep');
  await expect(bob.jackdaw.thread.message('one moment, my wallet is asleep')).toBeVisible();

  await test.step('a prompt that is open is not opened twice', async () => {
    await alice.page.reload();
    await alice.show(bob);
    await tips.act('Ask the wallet again').click();
    await expect(tips.refusal).toContainText('Your wallet is already waiting for you. Open it to continue.');
    expect(alice.wallet.prompts).toHaveLength(1);
  });
  await test.step('answered at last, it is paid', async () => {
    alice.wallet.prompts[0]!.approve();
    await bob.jackdaw.tips.says('Confirming 1/2');
    await stack.chain.mine();
    await bob.jackdaw.tips.confirmed();
    await tips.confirmed();
    await expect(tips.card).toHaveCount(1);
  });
});

test('a wallet at another account, which it has not said, sends nothing', async ({ alice, bob, stack }) => {
  await befriend(alice, bob);
  const stranger = stack.account();
  await alice.jackdaw.tips.open();
  await alice.jackdaw.tips.amount.fill('0.5');
  await expect(alice.jackdaw.tips.continue).not.toHaveAttribute('aria-disabled', 'true');
  alice.wallet.lie = (method, _params, truth) => (method === 'eth_accounts' ? [stranger] : truth());
  await alice.jackdaw.tips.continue.click();
  await expect(alice.jackdaw.tips.problem).toContainText('Your wallet is at another account. Nothing was sent.');
  expect(alice.wallet.asked).not.toContain('eth_sendTransaction');
});

test('what the wallet cannot read stands on the server\'s word, and says so', async ({ alice, bob, stack }) => {
  test.slow();
  await befriend(alice, bob);
  const receipts = (answer: (truth: () => Promise<unknown>) => unknown): Lie => (method, _params, truth) =>
    method === 'eth_getTransactionReceipt' ? answer(truth) : truth();
  const foreign = await mined(stack.rpc, await tip(stack.rpc, TIPS, stack.account(), bob.address, `0x${'11'.repeat(32)}`, 5n));
  const stale = `0x${(await stack.chain.head()).toString(16)}`;
  const odd: [string, Lie][] = [
    ['never', receipts(() => new Promise(() => undefined))],
    ['an error', receipts(() => Promise.reject(new Error('internal error')))],
    ['no hexadecimal', receipts(async (truth) => ({ ...((await truth()) as object), blockNumber: 'soon' }))],
    ['a flood', receipts(async (truth) => ({ ...((await truth()) as object), logs: Array(10_000).fill({}) }))],
    ['a receipt of something else', receipts(() => foreign)],
    ['a chain that stands still', (method, _params, truth) => (method === 'eth_blockNumber' ? stale : truth())],
    ['a block ahead of its chain', receipts(async (truth) => ({ ...((await truth()) as object), blockNumber: '0xffffff' }))],
  ];
  for (const [index, [what, lie]] of odd.entries()) {
    await test.step(what, async () => {
      bob.wallet.lie = lie;
      await pay(alice, `0.${index + 1}`);
      await stack.chain.mine();
      const card = bob.jackdaw.tips.card.last();
      await expect(card).toContainText(`0.${index + 1} ETH`);
      await expect(card).toContainText('Reported by the server; this device has not checked it.', { timeout: 40_000 });
      await expect(card).not.toContainText('checked by this device');
    });
  }
  await test.step('the wallet is well again: everything is checked', async () => {
    bob.wallet.lie = undefined;
    await bob.page.reload();
    await bob.show(alice);
    await expect(bob.jackdaw.tips.card.filter({ hasText: 'Confirmed, checked by this device' })).toHaveCount(odd.length, { timeout: 60_000 });
  });
});

test('with the wallet elsewhere it is the server\'s word, until the network is changed', async ({ alice, bob, stack }) => {
  await befriend(alice, bob);
  await bob.wallet.goTo(1);
  await pay(alice, '0.5');
  await stack.chain.mine();
  await bob.jackdaw.tips.says('Reported by the server; this device has not checked it.');
  await expect(bob.jackdaw.tips.card).not.toContainText('checked by this device');
  await bob.jackdaw.tips.card.getByRole('button', { name: /^Change network to/ }).click();
  await bob.jackdaw.tips.confirmed();
});

test.describe('a server that lies', () => {
  let stack: Stack;
  let people: Person[];
  test.beforeAll(async () => void (stack = await Stack.start(undefined, { lies: true })));
  test.afterAll(async () => searched(stack));
  test.beforeEach(async ({ browser }) => {
    people = [await Person.arrive('Alice', stack, browser), await Person.arrive('Bob', stack, browser)];
  });
  test.afterEach(async () => {
    for (const person of people) {
      person.check();
      await person.leave();
    }
    for (const chain of [stack.chain, stack.seen]) await chain.settle();
  });

  test('says nothing of a true tip: both devices confirm it by themselves', async () => {
    const [alice, bob] = people as [Person, Person];
    await befriend(alice, bob);
    await pay(alice, '0.5');
    await stack.chain.mine();
    await alice.jackdaw.tips.confirmed();
    await bob.jackdaw.tips.confirmed();
  });

  test('vouches for a tip that nobody paid: it is never more than its word', async () => {
    test.slow();
    const [alice, bob] = people as [Person, Person];
    await befriend(alice, bob);
    const lied: Chain = stack.seen;
    const before = await stack.chain.balance(bob.address);
    // The whole tip is there, on the chain that only the server sees.
    alice.wallet.lie = instead(({ from, data, value }, id) =>
      tip(lied.url, TIPS, from, `0x${data.slice(-40)}`, id, BigInt(value)));
    await pay(alice, '0.5');
    await lied.mine(3);
    await bob.jackdaw.tips.says('Reported by the server; this device has not checked it.');
    await expect(bob.jackdaw.tips.card).toContainText('Confirmed');
    await stack.chain.mine(5);
    await bob.page.reload();
    await bob.show(alice);
    await bob.jackdaw.tips.says('Reported by the server; this device has not checked it.');
    await expect(bob.jackdaw.tips.card).not.toContainText('checked by this device');
    expect(await stack.chain.balance(bob.address)).toBe(before);
  });

  test('says somebody else was paid: it is never more than its word', async () => {
    test.slow();
    const [alice, bob] = people as [Person, Person];
    await befriend(alice, bob);
    const lied: Chain = stack.seen;
    await stack.chain.hold();
    const stranger = stack.account();
    const hash = await pay(alice, '0.5');
    const { input } = await rpc<{ input: string }>(stack.rpc, 'eth_getTransactionByHash', [hash]);
    await tip(lied.url, TIPS, alice.address, stranger, `0x${input.slice(10, 74)}`, ether('0.5'));
    await lied.mine(3);
    for (const { jackdaw } of [alice, bob]) {
      await jackdaw.tips.says('Does not match');
      await jackdaw.tips.says('Reported by the server; this device has not checked it. The chain shows another recipient.');
    }
    await bob.page.reload();
    await bob.show(alice);
    await bob.jackdaw.tips.says('Reported by the server; this device has not checked it. The chain shows another recipient.');
    await expect(bob.jackdaw.tips.card).not.toContainText('hecked by this device');
    await expect(alice.jackdaw.tips.act('Send again')).toBeHidden();
    await test.step('and the chain corrects it', async () => {
      await stack.chain.mine(2);
      for (const { jackdaw } of [alice, bob]) await jackdaw.tips.confirmed();
    });
  });

  test('sees another balance: what one has is what the wallet\'s chain says', async () => {
    const [alice, bob] = people as [Person, Person];
    await stack.chain.endow(alice.address, ether('2'));
    await stack.seen.endow(alice.address, ether('777'));
    await befriend(alice, bob);
    await alice.jackdaw.account.click();
    await expect(alice.page.getByText('2 ETH', { exact: true })).toBeVisible();
    await expect(alice.page.getByText(/777/)).toBeHidden();
    await alice.page.keyboard.press('Escape');
    const { tips } = alice.jackdaw;
    await tips.open();
    await expect(tips.dialog.getByText('2 ETH', { exact: true })).toBeVisible();
    await tips.dialog.getByRole('button', { name: 'Max' }).click();
    await expect(tips.amount).toHaveValue(/^1\.99\d*$/);
    await tips.amount.fill('3');
    await expect(tips.problem).toContainText('You have 2.');
  });

  test('says a tip was replaced that was not: shown as its word, and the chain corrects it', async () => {
    test.slow();
    const [alice, bob] = people as [Person, Person];
    await befriend(alice, bob);
    const lied: Chain = stack.seen;
    for (const chain of [stack.chain, lied]) await chain.hold();
    const hash = await pay(alice, '0.25');
    await lied.resend(await stack.chain.signed(hash));
    for (const { jackdaw } of [alice, bob]) await jackdaw.tips.says('Reported by the server');
    await new Wallet(lied.url, [alice.address]).replace(hash, 'cancel');
    await lied.mine(2);
    for (const { jackdaw } of [alice, bob]) {
      await jackdaw.tips.says('Replaced');
      await jackdaw.tips.says('Reported by the server; this device has not checked it.');
    }
    await test.step('on its word alone nobody is offered to pay another time', async () => {
      const { tips } = alice.jackdaw;
      await tips.says('Look into your wallet before you send another.');
      await expect(tips.card.getByRole('button', { name: /Send again|Remove|Change network/ })).toBeHidden();
      await alice.wallet.goTo(1);
      const change = tips.card.getByRole('button', { name: `Change network to ${CHAIN}` });
      await expect(change, 'there this device can look for itself').toBeVisible();
      await expect(tips.act('Send again')).toBeHidden();
      await change.click();
      await expect(change).toBeHidden();
    });
    await stack.chain.mine(2);
    for (const { jackdaw } of [alice, bob]) await jackdaw.tips.confirmed();
  });
});

test('a server that is told of another contract does not start', async () => {
  const refused = Stack.start(undefined, { tips: '0x00000000000000000000000000000000000000aa' });
  await expect(refused).rejects.toThrow(/0xFB6b0ef6a1Ac3eed399Fa4D49818d73247BDD495/i);
});
