import type { Page } from '@playwright/test';
import { befriend } from '../../fixtures/stories';
import type { Person } from '../../fixtures/people';
import { freeze } from '../../fixtures/freeze';
import { Jackdaw } from '../../pages/jackdaw';
import { expect, test } from '../../fixtures/test';

type Tab = { page: Page; jackdaw: Jackdaw };

/** Another tab of the same browser, at the conversation with somebody. */
async function another(person: Person, peer: Person): Promise<Tab> {
  const tab = await person.tab();
  await tab.page.goto(`/app/c/${peer.address}`);
  await expect(tab.jackdaw.thread.region).toBeVisible();
  return tab;
}

test('two tabs are both alive: each sends, each shows everything, in one order', { tag: '@quick' }, async ({ alice, bob }) => {
  await befriend(alice, bob);
  const second = await another(alice, bob);

  await second.jackdaw.thread.send('from the second tab');
  await second.jackdaw.thread.sent('from the second tab');
  await alice.jackdaw.thread.send('from the first tab');
  await alice.jackdaw.thread.sent('from the first tab');
  await bob.jackdaw.thread.send('to both');

  const all = ['hello', 'from the second tab', 'from the first tab', 'to both'];
  for (const { jackdaw } of [alice, second, bob]) await jackdaw.thread.reads(all);

  await test.step('different threads in each', async () => {
    await second.page.goto('/app');
    await second.jackdaw.in();
    await bob.jackdaw.thread.send('only the first tab looks');
    await expect(alice.jackdaw.thread.message('only the first tab looks')).toBeVisible();
    await expect(second.jackdaw.conversation(bob.short)).toContainText('only the first tab looks');
  });
});

test('two tabs show different threads, and each is told of its own', async ({ alice, bob, carol }) => {
  await befriend(alice, bob);
  await carol.signIn();
  const second = await alice.tab();
  await second.page.goto('/app');
  await second.jackdaw.start(carol.address);
  await second.jackdaw.thread.send('hello Carol');
  await carol.jackdaw.conversation(alice.short).click();
  await carol.jackdaw.thread.accept.click();
  await carol.jackdaw.thread.send('hello Alice');
  await bob.jackdaw.thread.send('and from me');

  await second.jackdaw.thread.reads(['hello Carol', 'hello Alice']);
  await alice.jackdaw.thread.reads(['hello', 'and from me']);
});

test('the leading tab is closed; the other goes on at once', { tag: '@quick' }, async ({ alice, bob }) => {
  await befriend(alice, bob);
  const second = await another(alice, bob);
  await second.jackdaw.thread.send('while the first leads');
  await second.jackdaw.thread.sent('while the first leads');

  // Its last words are not even read when it goes.
  await alice.jackdaw.thread.box.fill('and away');
  await alice.jackdaw.thread.sendButton.evaluate((button: HTMLElement) => button.click());
  await second.jackdaw.thread.box.fill('from the one that stays');
  await Promise.all([alice.page.close(), second.jackdaw.thread.sendButton.click()]);
  await second.jackdaw.thread.sent('from the one that stays');
  await bob.jackdaw.thread.send('still there?');
  await expect(second.jackdaw.thread.message('still there?')).toBeVisible();

  const texts = await second.jackdaw.thread.log.getByRole('article').allInnerTexts();
  expect(texts.filter((text) => text.includes('from the one that stays'))).toHaveLength(1);
  for (const { jackdaw } of [second, bob]) await expect(jackdaw.thread.message('from the one that stays')).toHaveCount(1);
});

test('the leading tab crashes while it sends; the other goes on, nothing is lost or doubled', async ({ alice, bob }) => {
  await befriend(alice, bob);
  alice.watch.expect(/the page crashed/);
  const second = await another(alice, bob);
  const texts = Array.from({ length: 6 }, (_, index) => `line ${index + 1}`);
  const cdp = await alice.context.newCDPSession(alice.page);
  for (const text of texts) {
    await second.jackdaw.thread.send(text);
    // The answer never comes: the page is gone.
    if (text === 'line 3') void cdp.send('Page.crash').catch(() => undefined);
  }
  await second.jackdaw.thread.sent('line 6');
  await second.jackdaw.thread.reads(['hello', ...texts]);
  await bob.jackdaw.thread.reads(['hello', ...texts]);
  await bob.jackdaw.thread.send('I saw it all');
  await expect(second.jackdaw.thread.message('I saw it all')).toBeVisible();
});

test('the leading tab falls asleep; the other takes over, and the one that wakes up follows', async ({ alice, bob }) => {
  await befriend(alice, bob);
  const second = await another(alice, bob);
  const wake = await freeze(alice.page);
  await second.jackdaw.thread.send('while the first one sleeps');
  await second.jackdaw.thread.sent('while the first one sleeps');
  await bob.jackdaw.thread.send('who is there?');
  await expect(second.jackdaw.thread.message('who is there?')).toBeVisible();

  await test.step('what is typed in front of a sleeping worker is not lost', async () => {
    await alice.jackdaw.thread.box.fill('typed while it slept');
    await alice.jackdaw.thread.sendButton.click();
    await wake();
    await alice.jackdaw.thread.sent('typed while it slept');
  });
  const all = ['hello', 'while the first one sleeps', 'who is there?', 'typed while it slept'];
  for (const { jackdaw } of [alice, second, bob]) await jackdaw.thread.reads(all);
  await second.page.close();
  await alice.jackdaw.thread.send('and it leads again');
  await expect(bob.jackdaw.thread.message('and it leads again')).toHaveCount(1);
});

test('what is written beside a sleeping leader is kept by the tab itself, also if the browser ends at once', async ({ alice, people }) => {
  const bob = await people.arrive('Bob', { profile: true });
  await befriend(alice, bob);
  const second = await another(bob, alice);
  await freeze(bob.page);
  await second.jackdaw.thread.send('last words');
  await bob.close();

  await bob.open();
  await bob.page.goto(`/app/c/${alice.address}`);
  await bob.jackdaw.thread.sent('last words');
  for (const { jackdaw } of [alice, bob]) await jackdaw.thread.reads(['hello', 'last words']);
});

test('the wallet opens in the tab that asked', { tag: '@quick' }, async ({ alice, bob }) => {
  await befriend(alice, bob);
  const second = await another(alice, bob);
  alice.wallet.mood = 'manual';
  for (const tab of [second, alice]) {
    await tab.jackdaw.tips.give('0.01');
    const prompt = await alice.wallet.prompted();
    expect(alice.wallet.askedBy.get('eth_sendTransaction')).toBe(tab.page);
    prompt.reject();
    await expect(tab.jackdaw.tips.refusal.first()).toBeVisible();
    await tab.page.keyboard.press('Escape');
    await expect(tab.jackdaw.tips.dialog).toBeHidden();
  }
});

test('who signs out and deletes in one tab has done so in the other', async ({ alice, bob }) => {
  await befriend(alice, bob);
  const second = await another(alice, bob);
  await test.step('by the tab that does not lead', async () => {
    await second.jackdaw.signOut();
    await second.page.getByRole('dialog').getByRole('button', { name: 'Sign out', exact: true }).click();
    for (const { jackdaw } of [alice, second]) await jackdaw.out();
  });
  await test.step('signed in again in one of them', async () => {
    if (await alice.jackdaw.connectButton.isVisible()) await alice.jackdaw.connect();
    await alice.jackdaw.signIn.click();
    await alice.jackdaw.in();
    await alice.show(bob);
    await alice.jackdaw.thread.reads(['hello']);
  });
  await test.step('and deleted', async () => {
    // The revoked key takes the session along.
    alice.watch.expect(/status of 401/, /WebSocket/);
    await alice.jackdaw.signOut();
    const dialog = alice.page.getByRole('dialog');
    await dialog.getByRole('checkbox', { name: 'Delete the history in this browser' }).check();
    await dialog.getByRole('button', { name: 'Sign out and delete' }).click();
    for (const { jackdaw } of [alice, second]) await jackdaw.out();
    await expect.poll(() => second.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))).toEqual([]);
  });
});

test('another build of Jackdaw in another tab takes over; the old one says so and loses nothing', async ({ alice, bob }) => {
  await befriend(alice, bob);
  const second = await alice.tab();
  // The same worker under another address is another build.
  await second.page.route(/\/page[^/]*\.js/, async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(/("[^"]*\/worker[^"]*\.js)"/, '$1?another"');
    await route.fulfill({ response, body });
  });
  await second.page.goto(`/app/c/${bob.address}`);
  await expect(second.jackdaw.thread.region).toBeVisible();
  await second.jackdaw.thread.send('from the new build');
  await second.jackdaw.thread.sent('from the new build');

  const updated = alice.page.getByRole('alert').filter({ hasText: 'Jackdaw was updated in another tab' });
  await expect(updated).toBeVisible();
  await test.step('what is still written there is kept and sent by the other', async () => {
    await alice.jackdaw.thread.send('from the old build');
    await expect(bob.jackdaw.thread.message('from the old build')).toHaveCount(1);
    await expect(second.jackdaw.thread.message('from the old build')).toHaveCount(1);
  });
  await test.step('it never takes over again, until it is loaded again', async () => {
    await second.page.close();
    await alice.jackdaw.thread.send('into a drawer');
    await updated.getByRole('button', { name: 'Reload' }).click();
    await alice.jackdaw.thread.sent('into a drawer');
    await bob.jackdaw.thread.reads(['hello', 'from the new build', 'from the old build', 'into a drawer']);
  });
});
