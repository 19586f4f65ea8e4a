import { befriend } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';

const FIVE = ['first', 'second', 'third', 'fourth', 'fifth'];

test('Bob loses the network; what both wrote meanwhile arrives once, in order', { tag: '@quick' }, async ({ alice, bob }) => {
  await befriend(alice, bob);
  bob.watch.expectDisconnection();
  bob.network.pullOut();
  await bob.context.setOffline(true);

  for (const text of FIVE) await alice.jackdaw.thread.send(text);
  await alice.jackdaw.thread.sent('fifth');

  await test.step('what Bob writes is kept, and he sees that it waits', async () => {
    await bob.jackdaw.thread.send('I am in a tunnel');
    await bob.jackdaw.thread.send('and write anyway');
    await expect(bob.jackdaw.thread.around('I am in a tunnel')).toContainText('Sending when the connection is back');
    await expect(bob.page.getByRole('status').filter({ hasText: /offline/i })).toContainText('2');
  });

  await test.step('the page can be reloaded only with a network; then nothing is lost', async () => {
    bob.network.putBack();
    await bob.context.setOffline(false);
    await bob.jackdaw.thread.sent('and write anyway');
    for (const text of [...FIVE, 'I am in a tunnel', 'and write anyway']) {
      await expect(bob.jackdaw.thread.message(text)).toHaveCount(1);
      await expect(alice.jackdaw.thread.message(text)).toHaveCount(1);
    }
    const order = (await bob.jackdaw.thread.log.getByRole('article').allInnerTexts()).map((whole) => FIVE.find((text) => whole.includes(text))).filter(Boolean);
    expect(order).toEqual(FIVE);
  });
});

test('the server is killed while Alice writes; nothing is lost, nothing comes twice', async ({ alice, bob, stack }) => {
  await befriend(alice, bob);
  for (const person of [alice, bob]) person.watch.expectDisconnection();
  const texts = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`);
  const killed = alice.jackdaw.thread.message('line 4').waitFor().then(() => stack.kill()).then(() => stack.up());
  for (const text of texts) await alice.jackdaw.thread.send(text);
  await killed;

  await alice.jackdaw.thread.sent('line 12');
  await bob.jackdaw.thread.reads(['hello', ...texts]);
  await alice.jackdaw.thread.reads(['hello', ...texts]);
});

test('a worker that dies is started again and nothing is lost', async ({ alice, bob }) => {
  await befriend(alice, bob);
  // Its death is a page error, and that is what this is about.
  for (const person of [alice, bob]) person.watch.expect(/killed by the test/);
  const die = async (person: typeof alice): Promise<void> => {
    const [worker] = person.page.workers();
    await worker?.evaluate(() => void setTimeout(() => { throw new Error('killed by the test'); }));
  };

  await die(bob);
  await alice.jackdaw.thread.send('to a dead worker');
  await expect(bob.jackdaw.thread.message('to a dead worker')).toHaveCount(1);

  await test.step('while it has something to send', async () => {
    await alice.jackdaw.thread.box.fill('from a dying worker');
    await Promise.all([alice.jackdaw.thread.sendButton.click(), die(alice)]);
    await expect(bob.jackdaw.thread.message('from a dying worker')).toHaveCount(1);
    await alice.jackdaw.thread.sent('from a dying worker');
    await alice.jackdaw.thread.send('and on it goes');
    await expect(bob.jackdaw.thread.message('and on it goes')).toHaveCount(1);
  });
  await bob.jackdaw.thread.reads(['hello', 'to a dead worker', 'from a dying worker', 'and on it goes']);
});

test('what was written offline survives a reload and a closed browser, and is sent once, in order', async ({ alice, people }) => {
  const bob = await people.arrive('Bob', { profile: true });
  await befriend(alice, bob);
  const waits = bob.page.getByRole('status').filter({ hasText: /offline/i });
  bob.watch.expectDisconnection();
  bob.network.pullOut();
  await bob.context.setOffline(true);
  await bob.jackdaw.thread.send('one');
  await bob.jackdaw.thread.send('two');
  await bob.jackdaw.thread.box.fill('and a draft');
  await expect(bob.jackdaw.thread.around('two')).toContainText('Sending when the connection is back');
  await expect(waits).toContainText('2 messages wait');

  await test.step('the page, which cannot be loaded now, is loaded later', async () => {
    await bob.page.reload().catch(() => undefined);
    bob.network.putBack();
    await bob.context.setOffline(false);
    await bob.page.goto(`/app/c/${alice.address}`);
    await bob.jackdaw.thread.sent('two');
    await expect(bob.jackdaw.thread.box).toHaveValue('and a draft');
    await alice.jackdaw.thread.reads(['hello', 'one', 'two']);
  });

  await test.step('the browser is closed and opened again', async () => {
    bob.network.pullOut();
    await bob.context.setOffline(true);
    await bob.jackdaw.thread.send('three');
    await bob.jackdaw.thread.send('four');
    await expect(bob.jackdaw.thread.around('four')).toContainText('Sending when the connection is back');
    await bob.close();
    bob.network.putBack();
    await bob.open();
    await bob.page.goto(`/app/c/${alice.address}`);
    await bob.jackdaw.thread.sent('four');
    await bob.jackdaw.thread.reads(['hello', 'one', 'two', 'three', 'four']);
    await alice.jackdaw.thread.reads(['hello', 'one', 'two', 'three', 'four']);
  });
});
