import { searched } from '../../fixtures/canaries';
import { RpcError, ether, type Chain } from '../../fixtures/chain';
import { tip, TIPS } from '../../fixtures/contracts';
import { Person } from '../../fixtures/people';
import { Stack } from '../../fixtures/stack';
import { befriend, pay } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';
import type { Lie, Wish } from '../../fixtures/wallet';

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

// Every other difference is a story: crates/client/tests/stories/tips_lies.rs, and the words for each are in app/src/tips/words/tests.rs.
test('a reference to another amount does not match, and is no money', { tag: '@quick' }, async ({ alice, bob, stack }) => {
  await befriend(alice, bob);
  alice.wallet.lie = instead(({ from, data }, id) => tip(stack.rpc, TIPS, from, `0x${data.slice(-40)}`, id, 1n));
  await pay(alice, '0.5');
  await stack.chain.mine();
  await bob.jackdaw.tips.says('Does not match');
  await bob.jackdaw.tips.says('The chain shows another amount. This does not count as money.');
  await expect(bob.jackdaw.tips.card).toContainText('Claimed by');
  await expect(bob.jackdaw.tips.card).not.toContainText(/Confirm|Test money/);
  // Alice believed her wallet; her device has looked too.
  await alice.jackdaw.tips.says('Does not match');
  await bob.page.reload();
  await bob.show(alice);
  await bob.jackdaw.tips.says('Does not match');
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
    ['no hash', (asked, _params, truth) => (asked === 'eth_sendTransaction' ? 'sure thing' : truth()), `Your wallet's answer makes no sense. ${PERHAPS}`, 'waits'],
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

test.describe('a server that lies', () => {
  // One stack for all of them.
  test.describe.configure({ mode: 'default' });
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

});

test('a server that is told of another contract does not start', async () => {
  const refused = Stack.start(undefined, { tips: '0x00000000000000000000000000000000000000aa' });
  await expect(refused).rejects.toThrow(/0xFB6b0ef6a1Ac3eed399Fa4D49818d73247BDD495/i);
});
