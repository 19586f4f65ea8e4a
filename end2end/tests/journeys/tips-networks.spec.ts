import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { searched } from '../../fixtures/canaries';
import { Chain, ether, rpc } from '../../fixtures/chain';
import { deployTips } from '../../fixtures/contracts';
import { Person } from '../../fixtures/people';
import { Stack } from '../../fixtures/stack';
import { befriend, pay } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';
import { Wallet } from '../../fixtures/wallet';

const ROOKERY = 31338;

/** A Jackdaw that serves a second network, which somebody has written into its file. */
test.describe('two networks', () => {
  // One stack for all of them.
  test.describe.configure({ mode: 'default' });
  let folder: string;
  let rookery: Chain;
  let stack: Stack;
  const people: Person[] = [];

  test.beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'jackdaw-rookery-'));
    rookery = await Chain.start(folder, ROOKERY);
    await deployTips(rookery.url);
    const networks = [
      '[[network]]',
      `chain_id = ${ROOKERY}`,
      'name = "Rookery"',
      'coin = "Twig"',
      'symbol = "TWIG"',
      `rpc = "${rookery.url}"`,
      `public_rpc = "${rookery.url}"`,
      'explorer = "https://explorer.rookery.example"',
      'confirmations = 3',
      'tips = true',
    ];
    stack = await Stack.start(undefined, { networks: networks.join('\n') });
  });
  test.afterAll(async () => {
    await searched(stack);
    await rookery.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  test.beforeEach(async ({ browser }) => {
    for (const name of ['Alice', 'Bob']) {
      const wallet = new Wallet(stack.rpc, [stack.account()]);
      wallet.nodes.set(ROOKERY, rookery.url);
      people.push(await Person.arrive(name, stack, browser, { wallets: [wallet] }));
    }
  });
  test.afterEach(async () => {
    for (const person of people.splice(0)) {
      person.check();
      await person.leave();
    }
  });

  test('a tip goes where the wallet is, in that coin and with its confirmations; the other side follows', async () => {
    const [alice, bob] = people as [Person, Person];
    await befriend(alice, bob);
    const before = { here: await stack.chain.balance(bob.address), there: await rookery.balance(bob.address) };

    await test.step('the account changes to a network that its wallet does not know yet', async () => {
      await alice.jackdaw.account.click();
      await alice.page.getByRole('button', { name: 'Change network to Rookery' }).click();
      await expect(alice.jackdaw.account).toHaveAccessibleName(/Rookery/);
      expect(alice.wallet.asked).toContain('wallet_addEthereumChain');
      await alice.page.keyboard.press('Escape');
    });

    await pay(alice, '0.75');
    await alice.jackdaw.tips.says('0.75 TWIG');
    await alice.jackdaw.tips.says('Confirming 1/3');
    await expect(alice.jackdaw.tips.card).toContainText('Rookery');
    await expect(alice.jackdaw.tips.card).not.toContainText('Test money');
    await expect(alice.jackdaw.tips.card.getByRole('link', { name: 'Open in the explorer' })).toHaveAttribute(
      'href',
      `https://explorer.rookery.example/tx/${alice.wallet.sent[0]}`,
    );

    await test.step('Bob, whose wallet is on the other one, has only the server\'s word', async () => {
      await rookery.mine(2);
      await alice.jackdaw.tips.confirmed();
      await bob.jackdaw.tips.says('Reported by the server; this device has not checked it.');
      await bob.jackdaw.tips.card.getByRole('button', { name: 'Change network to Rookery' }).click();
      await bob.jackdaw.tips.confirmed();
    });
    expect(await rookery.balance(bob.address)).toBe(before.there + ether('0.75'));
    expect(await stack.chain.balance(bob.address)).toBe(before.here);
  });

  test('the same transaction on another network is another tip', async () => {
    const [alice, bob] = people as [Person, Person];
    await befriend(alice, bob);
    // Paid on Rookery, in twigs; spoken of as paid in test money.
    alice.wallet.lie = async (method, params, truth) => {
      if (method !== 'eth_sendTransaction') return truth();
      // A payment names its chain, so that a wallet that has moved does not pay: this one says another.
      const wish = { ...(params as [Record<string, string>])[0], chainId: `0x${ROOKERY.toString(16)}` };
      return rpc(rookery.url, 'eth_sendTransaction', [wish]);
    };
    await pay(alice, '0.75');
    await rookery.mine(3);
    await stack.chain.mine(3);
    await bob.jackdaw.tips.says(/Submitted|Dropped/);
    await bob.page.reload();
    await bob.show(alice);
    await bob.jackdaw.tips.says(/Submitted|Dropped/);
    await expect(bob.jackdaw.tips.card).not.toContainText('Confirm');
  });
});
