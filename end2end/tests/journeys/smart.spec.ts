import { rpc } from '../../fixtures/chain';
import { TIPS, deployWallets, tipped } from '../../fixtures/contracts';
import { befriend, pay } from '../../fixtures/stories';
import type { Stack } from '../../fixtures/stack';
import { expect, test } from '../../fixtures/test';
import { Wallet } from '../../fixtures/wallet';

const CHAIN = 'Jackdaw development chain';

/** A wallet whose account is a contract with an owner of its own: there, or not there yet. */
async function vault(stack: Stack, kind: 'there' | 'not there yet'): Promise<Wallet> {
  const smart = { wallets: await deployWallets(stack.rpc), owner: stack.account() };
  if (kind === 'there') await smart.wallets.create(smart.owner);
  return Wallet.ofContract(stack.rpc, smart);
}

test('a smart account that is not there yet signs in and talks with an account that has a key, both ways', { tag: '@quick' }, async ({ people, alice, stack }) => {
  const vera = await people.arrive('Vera', { wallets: [await vault(stack, 'not there yet')] });
  await befriend(alice, vera);
  await vera.jackdaw.thread.send('hello from a contract');
  await expect(alice.jackdaw.thread.message('hello from a contract')).toBeVisible();
  await alice.jackdaw.thread.send('hello from a key');
  await expect(vera.jackdaw.thread.message('hello from a key')).toBeVisible();

  await test.step('asking made nothing', async () => {
    const { wallets, owner } = vera.wallet.smart!;
    expect(await wallets.exists(owner)).toBe(false);
  });

  await test.step('a reload asks for no signature', async () => {
    await vera.page.reload();
    await vera.jackdaw.in();
    await vera.show(alice);
    await expect(vera.jackdaw.thread.message('hello from a key')).toBeVisible();
    expect(vera.wallet.asked.filter((method) => method === 'personal_sign')).toHaveLength(1);
  });
});

test('an account with a key that has delegated itself to code signs in with its key, and talks', async ({ alice, bob, stack }) => {
  // What EIP-7702 leaves at the account: a mark, and whose code runs there.
  const { factory } = await deployWallets(stack.rpc);
  const delegated = `0xef0100${factory.slice(2).toLowerCase()}`;
  await stack.chain.becomes(alice.address, delegated);
  expect(await rpc<string>(stack.rpc, 'eth_getCode', [alice.address, 'latest'])).toBe(delegated);
  await befriend(alice, bob);
  await alice.jackdaw.thread.send('hello from a key with code');
  await expect(bob.jackdaw.thread.message('hello from a key with code')).toBeVisible();
  await bob.jackdaw.thread.send('hello to it');
  await expect(alice.jackdaw.thread.message('hello to it')).toBeVisible();
  await pay(alice, '0.05');
  await stack.chain.mine();
  await bob.jackdaw.tips.confirmed();
});

test('while the chain does not answer it is said so, and nothing is refused', async ({ people, stack }) => {
  const vera = await people.arrive('Vera', { wallets: [await vault(stack, 'there')] });
  vera.watch.expectDisconnection();
  vera.wallet.lie = async (method, _params, truth) => {
    const answer = await truth();
    if (method === 'personal_sign') stack.chain.pause();
    return answer;
  };
  try {
    await vera.page.goto('/app');
    await vera.jackdaw.connect();
    await vera.jackdaw.signIn.click();
    await expect(vera.page.getByText(/only be checked on its network, which does not answer now/)).toBeVisible();
  } finally {
    vera.wallet.lie = undefined;
    stack.chain.resume();
  }
  await vera.jackdaw.signIn.click();
  await vera.jackdaw.in();
});

test('nobody but its owner signs in as a smart account', async ({ people, stack }) => {
  const mallory = await people.arrive('Mallory', { wallets: [await vault(stack, 'there')] });
  mallory.watch.expectDisconnection();
  mallory.watch.expect(/status of 4\d\d/);
  mallory.wallet.signsAs = stack.account();
  await mallory.page.goto('/app');
  await mallory.jackdaw.connect();
  await mallory.jackdaw.signIn.click();
  await expect(mallory.page.getByText(/The signature is not by this account/)).toBeVisible();
  mallory.wallet.signsAs = undefined;
  await mallory.jackdaw.signIn.click();
  await mallory.jackdaw.in();
});

test('on another network its words wait, and it is said what to do', async ({ people, alice, stack }) => {
  const vera = await people.arrive('Vera', { wallets: [await vault(stack, 'there')] });
  await Promise.all([alice.signIn(), vera.signIn()]);
  await alice.wallet.goTo(1);
  await vera.greet(alice, 'hello');
  await expect(alice.page.getByText(/Their wallet could not be checked yet/)).toBeVisible();
  await expect(alice.jackdaw.conversation(vera.short)).toBeHidden();
  const change = alice.page.getByRole('button', { name: `Change network to ${CHAIN}` }).first();
  await change.click();
  await alice.jackdaw.conversation(vera.short).click();
  await alice.jackdaw.thread.accept.click();
  await expect(alice.jackdaw.thread.message('hello')).toBeVisible();
  await expect(alice.page.getByText(/Their wallet could not be checked yet/)).toBeHidden();
});

test('a tip to a smart account arrives at it, and one from it is from it', async ({ people, alice, stack }) => {
  const vera = await people.arrive('Vera', { wallets: [await vault(stack, 'there')] });
  await befriend(alice, vera);
  const before = await stack.chain.balance(vera.address);
  await pay(alice, '0.25');
  await stack.chain.mine();
  await vera.jackdaw.tips.confirmed();
  expect(await stack.chain.balance(vera.address)).toBe(before + 250_000_000_000_000_000n);

  await pay(vera, '0.1');
  await stack.chain.mine();
  await expect(alice.jackdaw.tips.card.last()).toContainText('Tip from');
  await expect(alice.jackdaw.tips.card.last()).toContainText('Confirmed');
  const ours = (await tipped(stack.rpc, TIPS)).filter(({ from }) => from === vera.address.toLowerCase());
  expect(ours).toMatchObject([{ to: alice.address.toLowerCase(), amount: 100_000_000_000_000_000n }]);
});
