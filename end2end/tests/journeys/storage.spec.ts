import { befriend } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';

test('a full browser says so, sends nothing half, and goes on when there is room', async ({ people, bob, stack }) => {
  const alice = await people.arrive('Alice', { profile: true });
  await befriend(alice, bob);
  // For half a minute Chromium reckons with the room it was last told of: a browser just opened asks.
  await alice.close();
  await alice.open();
  await alice.page.goto('/');
  const cdp = await alice.context.newCDPSession(alice.page);
  const used = await alice.page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
  await cdp.send('Storage.overrideQuotaForOrigin', { origin: stack.url, quotaSize: used + 64 * 1024 });
  await alice.page.goto(`/app/c/${bob.address}`);

  const full = alice.page.getByRole('alert').filter({ hasText: /storage is full/i });
  let text = '';
  for (let number = 1; number <= 80 && !(await full.isVisible()); number += 1) {
    text = `${number} ${'word '.repeat(1200)}`.trim();
    await alice.jackdaw.thread.box.fill(text);
    await alice.jackdaw.thread.sendButton.click();
    await expect(alice.jackdaw.thread.message(text).or(full).first()).toBeVisible();
  }
  await expect(full).toBeVisible();

  await test.step('what was typed is not lost, and goes out when there is room', async () => {
    await expect(alice.jackdaw.thread.box).toHaveValue(text);
    await cdp.send('Storage.overrideQuotaForOrigin', { origin: stack.url });
    await alice.jackdaw.thread.sendButton.click();
    await alice.jackdaw.thread.sent(text);
    await expect(bob.jackdaw.thread.message(text)).toHaveCount(1);
  });
});

test('a damaged record takes nothing else with it', async ({ alice, bob }) => {
  await befriend(alice, bob);
  await bob.jackdaw.thread.send('this one breaks');
  await expect(alice.jackdaw.thread.message('this one breaks')).toBeVisible();

  const damaged = await alice.page.evaluate(async () => {
    const answer = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const [found] = (await indexedDB.databases()).filter(({ name }) => name?.startsWith('jackdaw-'));
    const database = await answer(indexedDB.open(found?.name ?? ''));
    const store = [...database.objectStoreNames].find((name) => /^messages?$/i.test(name)) ?? '';
    const write = database.transaction(store, 'readwrite').objectStore(store);
    const cursor = await answer(write.openCursor(null, 'prev'));
    const bytes = cursor?.value as Uint8Array;
    bytes[bytes.length - 1]! ^= 1;
    await answer(cursor!.update(bytes));
    database.close();
    return bytes.length;
  });
  expect(damaged).toBeGreaterThan(0);

  await alice.page.reload();
  await alice.jackdaw.in();
  await alice.show(bob);
  await expect(alice.jackdaw.thread.message('hello')).toBeVisible();
  await expect(alice.page.getByText(/damaged|cannot be read/i).first()).toBeVisible();
  await bob.jackdaw.thread.send('and this one does not');
  await expect(alice.jackdaw.thread.message('and this one does not')).toBeVisible();
  await alice.jackdaw.thread.send('good');
  await expect(bob.jackdaw.thread.message('good')).toBeVisible();
});
