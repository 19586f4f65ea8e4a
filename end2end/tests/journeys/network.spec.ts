import { rpc } from '../../fixtures/chain';
import { until } from '../../fixtures/process';
import { expect, test } from '../../fixtures/test';
import { Wallet } from '../../fixtures/wallet';

const CHAIN = 'Jackdaw development chain';

test('on the wrong network the button itself says what to do', async ({ people, stack }) => {
  const wallet = new Wallet(stack.rpc, [stack.account()], 'Jay Wallet', { chainId: 1 });
  const alice = await people.arrive('Alice', { wallets: [wallet] });
  await alice.page.goto('/app');
  await alice.jackdaw.connect();
  await expect(alice.jackdaw.signIn).toBeHidden();

  await test.step('a wallet that does not know the chain is offered it', async () => {
    wallet.known.delete(31337);
    await alice.jackdaw.changeNetwork(CHAIN).click();
    await expect(alice.jackdaw.signIn).toBeVisible();
    expect(wallet.asked).toContain('wallet_addEthereumChain');
    expect(wallet.chainId).toBe(31337);
  });
  await alice.jackdaw.signIn.click();
  await alice.jackdaw.in();

  await test.step('the wallet goes elsewhere later: nobody is signed out', async () => {
    await wallet.goTo(1);
    await expect(alice.jackdaw.conversations).toBeVisible();
    await wallet.goTo(31337);
    await expect(alice.jackdaw.conversations).toBeVisible();
  });
});

test('an empty wallet on a development chain gets test ETH', async ({ alice, stack }) => {
  await rpc(stack.rpc, 'anvil_setBalance', [alice.address, '0x0']);
  await alice.signIn();
  await test.step('a chain that does not answer is no dead end', async () => {
    stack.chain.pause();
    alice.watch.expect(/status of 5\d\d/);
    await alice.jackdaw.testEth.click();
    await expect(alice.page.getByText('The development chain does not answer.')).toBeVisible({ timeout: 30_000 });
    stack.chain.resume();
  });
  await alice.jackdaw.testEth.click();
  await until('the coins are there', async () => BigInt(await rpc<string>(stack.rpc, 'eth_getBalance', [alice.address, 'latest'])) > 0n);
});

test('a visitor whose network comes and goes loads no engine', async ({ alice }) => {
  await alice.page.goto('/app');
  await expect(alice.jackdaw.connectButton).toBeVisible();
  alice.watch.expectDisconnection();
  for (const offline of [true, false, true, false]) await alice.context.setOffline(offline);
  await alice.page.waitForLoadState('networkidle');
  expect(alice.page.workers()).toEqual([]);
});
