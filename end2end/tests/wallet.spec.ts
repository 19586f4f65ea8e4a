import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test as base, type Page } from '@playwright/test';
import { Chain } from '../fixtures/chain';
import { Wallet } from '../fixtures/wallet';

/** The wallet of these tests is as good as what it stands for: its codes, events and permissions. */
const test = base.extend<{ jay: Wallet; wren: Wallet; shop: Page }, { chain: Chain }>({
  chain: [
    async ({}, use) => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'jackdaw-chain-'));
      const chain = await Chain.start(folder);
      await use(chain);
      await chain.stop();
      fs.rmSync(folder, { recursive: true });
    },
    { scope: 'worker' },
  ],
  jay: async ({ chain }, use) => use(new Wallet(chain.url, [chain.account(), chain.account()])),
  wren: async ({ chain }, use) => use(new Wallet(chain.url, [chain.account()], 'Wren Wallet', { legacy: true })),
  shop: async ({ context, page, jay, wren }, use) => {
    await Wallet.install(context, [jay, wren]);
    await page.goto('about:blank');
    await use(page);
  },
});

/** Asks a wallet, as a page does, and tells what came back. */
async function ask(page: Page, wallet: Wallet, method: string, ...params: unknown[]): Promise<unknown> {
  return page.evaluate(
    async ([uuid, method, params]) => {
      type Announced = { info: { uuid: string }; provider: { request: (what: unknown) => Promise<unknown> } };
      const found: Announced[] = [];
      const hear = (event: Event): void => void found.push((event as CustomEvent<Announced>).detail);
      window.addEventListener('eip6963:announceProvider', hear);
      window.dispatchEvent(new Event('eip6963:requestProvider'));
      window.removeEventListener('eip6963:announceProvider', hear);
      const provider = found.find(({ info }) => info.uuid === uuid)?.provider;
      return provider?.request({ method, params }).catch((error: { code: number }) => error.code);
    },
    [wallet.uuid, method, params] as const,
  );
}

test('it gives no account before it was asked, and remembers that it was', async ({ shop, jay }) => {
  expect(await ask(shop, jay, 'eth_accounts')).toEqual([]);
  expect(await ask(shop, jay, 'personal_sign', '0x00', jay.account)).toBe(4100);
  expect(await ask(shop, jay, 'eth_requestAccounts')).toEqual([jay.account]);
  await shop.reload();
  expect(await ask(shop, jay, 'eth_accounts')).toEqual([jay.account]);
  expect(await ask(shop, jay, 'personal_sign', '0x00', jay.account)).toMatch(/^0x[0-9a-f]{130}$/);
});

test('it says no in the codes of real wallets', async ({ shop, jay }) => {
  jay.mood = 'reject';
  expect(await ask(shop, jay, 'eth_requestAccounts')).toBe(4001);
  expect(await ask(shop, jay, 'wallet_switchEthereumChain', { chainId: '0x5' })).toBe(4902);
  expect(jay.forbidden).toEqual([]);
  expect(await ask(shop, jay, 'eth_sign', '0x00')).toBe(4200);
  expect(jay.forbidden).toEqual(['eth_sign']);
  expect(await ask(shop, jay, 'eth_getLogs', {})).toBe(4200);
  jay.mood = 'never';
  const first = ask(shop, jay, 'eth_requestAccounts');
  await expect.poll(() => jay.prompts.length).toBe(1);
  expect(await ask(shop, jay, 'eth_requestAccounts')).toBe(-32002);
  jay.prompts[0]!.approve();
  expect(await first).toEqual([jay.account]);
});

test('it tells the page what the person does in it', async ({ shop, jay }) => {
  await ask(shop, jay, 'eth_requestAccounts');
  await shop.evaluate((uuid) => {
    const world = window as unknown as { heard: unknown[] };
    world.heard = [];
    window.addEventListener('eip6963:announceProvider', (event) => {
      const { info, provider } = (event as CustomEvent).detail;
      if (info.uuid !== uuid) return;
      for (const name of ['accountsChanged', 'chainChanged']) provider.on(name, (value: unknown) => world.heard.push([name, value]));
    });
    window.dispatchEvent(new Event('eip6963:requestProvider'));
  }, jay.uuid);
  const [, other] = [jay.account, (jay as unknown as { accounts: string[] }).accounts[1]!];
  await jay.select(other);
  await jay.goTo(5);
  await jay.forget();
  expect(await shop.evaluate(() => (window as unknown as { heard: unknown[] }).heard)).toEqual([
    ['accountsChanged', [other]],
    ['chainChanged', '0x5'],
    ['accountsChanged', []],
  ]);
});

test('it sends what it was asked to, once somebody has said yes, and can replace it', async ({ shop, jay, chain }) => {
  const to = chain.account();
  await ask(shop, jay, 'eth_requestAccounts');
  const wish = { from: jay.account, to, value: '0x5', data: '0x', chainId: '0x7a69' };
  const before = await chain.balance(to);
  jay.mood = 'reject';
  expect(await ask(shop, jay, 'eth_sendTransaction', wish)).toBe(4001);
  jay.mood = 'manual';
  await chain.hold();
  const answer = ask(shop, jay, 'eth_sendTransaction', wish);
  const prompt = await jay.prompted();
  expect(prompt.params).toEqual([wish]);
  expect(jay.sent).toEqual([]);
  prompt.approve();
  const hash = await answer;
  expect(jay.sent).toEqual([hash]);
  expect(await ask(shop, jay, 'eth_getTransactionReceipt', hash)).toBeNull();
  const faster = await jay.replace(hash as string, 'speed up');
  await chain.settle();
  expect(await ask(shop, jay, 'eth_getTransactionReceipt', hash)).toBeNull();
  expect(await ask(shop, jay, 'eth_getTransactionReceipt', faster)).toMatchObject({ status: '0x1' });
  expect(await chain.balance(to)).toBe(before + 5n);
  expect(jay.forbidden).toEqual([]);
  jay.mood = 'reject';
  await ask(shop, jay, 'eth_sendTransaction', { ...wish, gasPrice: '0x0' });
  expect(jay.forbidden, 'fees are its own business').toEqual(['eth_sendTransaction with gasPrice']);
});

test('on another chain it reads that one, and it can lie', async ({ shop, jay }) => {
  await ask(shop, jay, 'eth_requestAccounts');
  expect(Number(await ask(shop, jay, 'eth_getBalance', jay.account, 'latest'))).toBeGreaterThan(0);
  await jay.goTo(1);
  expect(await ask(shop, jay, 'eth_getBalance', jay.account, 'latest')).toBe('0x0');
  jay.lie = async (method, _params, truth) => (method === 'eth_chainId' ? 'nonsense' : truth());
  expect(await ask(shop, jay, 'eth_chainId')).toBe('nonsense');
  expect(await ask(shop, jay, 'eth_blockNumber')).toBe('0x1');
});

test('an old wallet stands at window.ethereum', async ({ shop, wren }) => {
  const asked = await shop.evaluate(() => (window as unknown as { ethereum: { request: (what: unknown) => Promise<unknown> } }).ethereum.request({ method: 'eth_requestAccounts' }));
  expect(asked).toEqual([wren.account]);
});
