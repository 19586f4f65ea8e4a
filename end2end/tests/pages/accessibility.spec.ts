import fs from 'node:fs';
import path from 'node:path';
import { accessible } from '../../fixtures/looks';
import { files } from '../../fixtures/postgres';
import type { Stack } from '../../fixtures/stack';
import { befriend, pay } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';
import { Wallet } from '../../fixtures/wallet';
import { LOOK } from '../../pages/tips';
import { KEY, MESSAGE, damage } from '../../pages/vault';
import { devices, type Page } from '@playwright/test';

// Each state is looked at in two themes and two widths.
test.slow();

test('public pages', async ({ alice, stack }) => {
  alice.watch.expect(/status of 404/, /status of 503/);
  for (const path of ['/', `/invite/${alice.address}`, '/no/such/page']) {
    await alice.page.goto(path);
    await accessible(alice.page, path);
  }
  tell(stack, 'SIGSTOP');
  try {
    await alice.page.goto('/readyz');
  } finally {
    tell(stack, 'SIGCONT');
  }
  await expect(alice.page.getByRole('heading', { name: 'The server could not answer' })).toBeVisible();
  await accessible(alice.page, 'the error page');
});

test('the way in', async ({ people, stack }) => {
  const nobody = await people.arrive('Nobody', { wallets: [] });
  await nobody.page.goto('/app');
  await expect(nobody.page.getByRole('heading', { level: 1 })).toBeVisible();
  await accessible(nobody.page, 'no wallet');
  const { userAgent } = devices['Pixel 7'];
  const walker = await people.arrive('Walker', { wallets: [], userAgent });
  await walker.page.goto('/app');
  await expect(walker.page.getByRole('heading', { name: "Open in your wallet's browser" })).toBeVisible();
  await accessible(walker.page, 'a phone without a wallet');

  const wallets = ['Magpie Wallet', 'Rook Wallet'].map((name) => new Wallet(stack.rpc, [stack.account()], name));
  const alice = await people.arrive('Alice', { wallets });
  await alice.page.goto('/app');
  await expect(alice.jackdaw.connectButton).toBeVisible();
  await accessible(alice.page, 'not connected');
  await alice.jackdaw.connectButton.click();
  await expect(alice.jackdaw.picker).toBeVisible();
  await accessible(alice.page, 'the wallet picker');
  await alice.jackdaw.picker.getByRole('button', { name: 'Rook Wallet' }).click();
  await expect(alice.jackdaw.signIn).toBeVisible();
  await accessible(alice.page, 'connected');
  wallets[1]!.mood = 'reject';
  await alice.jackdaw.signIn.click();
  await expect(alice.page.getByText('Cancelled in your wallet. Nothing was sent.')).toBeVisible();
  await accessible(alice.page, 'cancelled');
  await wallets[1]!.goTo(1);
  await expect(alice.jackdaw.changeNetwork('Jackdaw development chain')).toBeVisible();
  await accessible(alice.page, 'the wrong network');
});

test('whoever waits', async ({ alice }) => {
  await alice.page.goto('/app');
  alice.wallet.mood = 'never';
  await alice.jackdaw.connect();
  await expect(alice.page.getByRole('button', { name: 'Cancel' })).toBeVisible();
  await accessible(alice.page, 'waiting for the wallet to connect');
  for (const prompt of [...alice.wallet.prompts]) prompt.approve();
  await alice.jackdaw.signIn.click();
  await expect(alice.page.getByRole('button', { name: 'Cancel' })).toBeVisible();
  await accessible(alice.page, 'waiting for the signature');

  alice.watch.expectDisconnection();
  await alice.page.route('**/api/site', (route) => route.abort());
  await alice.page.reload();
  await expect(alice.page.getByRole('heading', { name: 'No connection to Jackdaw' })).toBeVisible();
  await accessible(alice.page, 'the server does not answer');
});

test('whose vault is damaged', async ({ alice, bob }) => {
  await befriend(alice, bob);
  await damage(alice.page, MESSAGE);
  await alice.page.reload();
  await expect(alice.page.getByRole('alert')).toContainText('cannot be read');
  await accessible(alice.page, 'a trouble');
  await damage(alice.page, KEY);
  await alice.page.reload();
  await expect(alice.jackdaw.shut).toBeVisible();
  await accessible(alice.page, 'a vault that does not open');
  await alice.page.getByRole('button', { name: 'Delete and begin anew' }).click();
  await expect(alice.page.getByRole('dialog')).toBeVisible();
  await accessible(alice.page, 'before one begins anew');
});

test('nothing there yet', async ({ alice, stack }) => {
  await alice.signIn();
  await accessible(alice.page, 'no conversations');
  await alice.jackdaw.newConversation.click();
  await accessible(alice.page, 'a new conversation');
  await alice.jackdaw.addressOrName.fill(stack.account());
  await alice.jackdaw.startButton.click();
  await expect(alice.page.getByText('Not on Jackdaw yet. Send this link.')).toBeVisible();
  await accessible(alice.page, 'not on Jackdaw yet');
  await alice.jackdaw.addressOrName.fill('nonsense');
  await alice.jackdaw.startButton.click();
  await expect(alice.page.getByRole('alert').first()).toBeVisible();
  await accessible(alice.page, 'a mistyped address');
  await alice.page.goto('/app/no/such/page');
  await expect(alice.page.getByRole('heading').first()).toBeVisible();
  await accessible(alice.page, 'not found in the app');
});

test('in a conversation', { tag: '@quick' }, async ({ alice, bob, carol }) => {
  await befriend(alice, bob);
  await bob.jackdaw.thread.send('A long answer, with_a_word_that_is_longer_than_any_phone_is_wide_and_must_break_somewhere_in_between.');
  await bob.jackdaw.thread.sent('hello').catch(() => undefined);
  await accessible(alice.page, 'a thread');
  // On phones a thread has the screen to itself; the account stands above the list.
  await alice.page.goto('/app');
  await alice.jackdaw.account.click();
  await expect(alice.jackdaw.menuItem('Settings')).toBeVisible();
  await accessible(alice.page, 'the account menu');
  // Another width hides and shows the menu, which takes the focus out of it.
  await alice.jackdaw.menuItem('Settings').focus();
  await alice.page.keyboard.press('Escape');

  await carol.signIn();
  await carol.greet(bob, 'psst');
  await bob.jackdaw.conversation(carol.short).click();
  await expect(bob.jackdaw.thread.accept).toBeVisible();
  await accessible(bob.page, 'a stranger asks');

  await alice.jackdaw.openSettings();
  await accessible(alice.page, 'settings');
  await alice.page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await alice.page.getByRole('dialog').getByRole('checkbox').check();
  await expect(alice.page.getByRole('button', { name: 'Sign out and delete' })).toBeVisible();
  await accessible(alice.page, 'before one signs out');

  bob.watch.expectDisconnection();
  bob.network.pullOut();
  await bob.context.setOffline(true);
  await bob.show(alice);
  await bob.jackdaw.thread.send('into the void');
  await expect(bob.page.getByText(/offline/i).first()).toBeVisible();
  await accessible(bob.page, 'offline');
});

test('tips', async ({ alice, bob, stack }) => {
  test.setTimeout(300_000);
  const { tips } = alice.jackdaw;
  await befriend(alice, bob);
  await tips.open();
  await expect(tips.continue).not.toHaveAttribute('aria-disabled', 'true');
  await tips.amount.fill('0.05');
  await accessible(alice.page, 'the first tip to somebody');
  await tips.amount.fill('1000000');
  await expect(tips.problem).toContainText('You need');
  await accessible(alice.page, 'not enough');
  await alice.wallet.goTo(1);
  await expect(tips.continue).toBeHidden();
  await accessible(alice.page, 'a tip on the wrong network');
  await alice.wallet.goTo(31337);
  alice.wallet.mood = 'manual';
  await tips.amount.fill('0.05');
  await tips.continue.click();
  const prompt = await alice.wallet.prompted();
  await expect(tips.dialog.getByRole('status')).toContainText('Waiting for your wallet');
  await accessible(alice.page, 'the wallet is asked');
  await alice.page.keyboard.press('Escape');
  await accessible(alice.page, 'a tip that waits for the wallet');
  prompt.approve();
  await bob.jackdaw.tips.says('Confirming 1/2');
  await accessible(bob.page, 'a tip that is confirming');
  await stack.chain.mine();
  await bob.jackdaw.tips.confirmed();
  await tips.confirmed();
  await accessible(bob.page, 'a tip that was received');
  await accessible(alice.page, 'a tip that was sent');

  alice.wallet.mood = 'approve';
  await stack.chain.hold();
  await pay(alice, '0.06');
  await expect(tips.card.last()).toContainText('Reported by the server', LOOK);
  await alice.wallet.replace(alice.wallet.sent.at(-1)!, 'cancel');
  await stack.chain.mine(2);
  await expect(tips.card.last()).toContainText('Replaced', LOOK);
  await accessible(alice.page, 'a tip that was replaced');
  await stack.chain.settle();
  const first = alice.wallet.sent[0]!;
  alice.wallet.lie = (method, _params, truth) => (method === 'eth_sendTransaction' ? first : truth());
  await pay(alice, '0.07');
  await expect(bob.jackdaw.tips.card.last()).toContainText('Does not match', LOOK);
  await accessible(bob.page, 'a tip that does not match');
});

test('a tip that was checked is announced once', async ({ alice, bob, stack }) => {
  await befriend(alice, bob);
  await listen(bob.page);
  await pay(alice, '0.05');
  await bob.jackdaw.tips.says('Confirming 1/2');
  await stack.chain.mine();
  await bob.jackdaw.tips.confirmed();
  await expect.poll(() => heard(bob.page, /^Tip of 0\.05 ETH from .*: Confirmed, checked by this device$/)).toBe(1);
});

test('arriving messages are announced once', async ({ alice, bob }) => {
  await befriend(alice, bob);
  await listen(bob.page);
  await alice.jackdaw.thread.send('ding dong');
  await expect(bob.jackdaw.thread.message('ding dong')).toBeVisible();
  await expect.poll(() => heard(bob.page, /ding dong/)).toBe(1);
});

/** Every process of the private Postgres stands still, or goes on. */
function tell(stack: Stack, signal: 'SIGSTOP' | 'SIGCONT'): void {
  const file = files(stack.data).find((file) => path.basename(file) === 'postmaster.pid');
  const first = Number(fs.readFileSync(file!, 'utf8').split('\n')[0]);
  const children = fs.readdirSync('/proc').map(Number).filter((id) => parent(id) === first);
  for (const id of [first, ...children]) process.kill(id, signal);
}

/** The process that started this one; none if it is gone. */
function parent(id: number): number | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${id}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** From now on, what a screen reader would say is kept. */
async function listen(page: Page): Promise<void> {
  await page.evaluate(() => {
    const world = window as unknown as { announced: string[] };
    world.announced = [];
    new MutationObserver((changes) => {
      for (const change of changes) {
        const target = change.target instanceof Element ? change.target : change.target.parentElement;
        const live = target?.closest('[aria-live]:not([aria-live=off]), [role=status], [role=log]:not([aria-live=off])');
        if (!live) continue;
        for (const node of change.addedNodes) world.announced.push(node.textContent ?? '');
        if (change.type === 'characterData') world.announced.push(change.target.textContent ?? '');
      }
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
}

/** How often something like this was said since. */
async function heard(page: Page, words: RegExp): Promise<number> {
  const said = await page.evaluate(() => (window as unknown as { announced: string[] }).announced);
  return said.filter((text) => words.test(text)).length;
}
