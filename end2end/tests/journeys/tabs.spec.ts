import type { Page } from '@playwright/test';
import { befriend } from '../../fixtures/stories';
import type { Person } from '../../fixtures/people';
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

/** Within how long another tab must have taken over. */
const SECOND = 1_000;

test('two tabs are both alive: each sends, each shows everything, in one order', async ({ alice, bob }) => {
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

test('the leading tab is closed; the other goes on at once', async ({ alice, bob }) => {
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
