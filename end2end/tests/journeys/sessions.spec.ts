import { befriend } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';

test('signing out everywhere else ends the other browser at once', async ({ people, alice }) => {
  await alice.signIn();
  const elsewhere = await people.arrive('Alice elsewhere', { wallets: [alice.wallet] });
  await elsewhere.signIn();
  elsewhere.watch.expect(/status of 401/, /WebSocket/);

  await alice.jackdaw.openSettings();
  const sessions = alice.jackdaw.settings.part('Sessions').getByRole('listitem');
  await expect(sessions).toHaveCount(2);
  await expect(alice.jackdaw.settings.part('Installations').getByRole('listitem')).toHaveCount(2);
  await alice.jackdaw.settings.signOutElsewhere.click();
  await expect(sessions).toHaveCount(1);
  await elsewhere.jackdaw.out();

  await test.step('also after a reload', async () => {
    await elsewhere.page.reload();
    await elsewhere.jackdaw.out();
    await alice.page.reload();
    await expect(sessions).toHaveCount(1);
  });
});

test('signing out is real, and says what stays in this browser', async ({ alice, bob }) => {
  await befriend(alice, bob);
  const cookies = await alice.context.cookies();
  await alice.jackdaw.signOut();
  const dialog = alice.page.getByRole('dialog');
  await expect(dialog).toContainText(/history/i);
  await dialog.getByRole('button', { name: 'Sign out' }).click();
  await alice.jackdaw.out();
  await expect(alice.page.getByText('hello', { exact: true })).toBeHidden();

  await test.step('the old cookie opens nothing any more', async () => {
    await alice.context.addCookies(cookies);
    alice.watch.expect(/status of 401/, /WebSocket/);
    await alice.page.reload();
    await alice.jackdaw.out();
  });

  await test.step('what came meanwhile is there after the next sign-in, and so is the history', async () => {
    await bob.jackdaw.thread.send('while you were out');
    await bob.jackdaw.thread.sent('while you were out');
    if (await alice.jackdaw.connectButton.isVisible()) await alice.jackdaw.connect();
    await alice.jackdaw.signIn.click();
    await alice.jackdaw.in();
    await alice.show(bob);
    await alice.jackdaw.thread.reads(['hello', 'while you were out']);
  });
});

test('signing out can delete the history here; then one begins anew', async ({ alice, bob }) => {
  await befriend(alice, bob);
  // The key is revoked, and takes the session along.
  bob.watch.expect(/status of 401/, /WebSocket/);
  await bob.jackdaw.signOut();
  const dialog = bob.page.getByRole('dialog');
  await dialog.getByRole('checkbox', { name: 'Delete the history in this browser' }).check();
  await dialog.getByRole('button', { name: 'Sign out and delete' }).click();
  await bob.jackdaw.out();
  await expect.poll(() => bob.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))).toEqual([]);

  await bob.jackdaw.connect();
  await bob.jackdaw.signIn.click();
  await bob.jackdaw.in();
  await expect(bob.page.getByText('hello', { exact: true })).toBeHidden();
  await test.step('what Alice writes now reaches the new key', async () => {
    await alice.jackdaw.thread.send('do you remember me?');
    await bob.jackdaw.conversation(alice.short).click();
    await bob.jackdaw.thread.accept.click();
    await bob.jackdaw.thread.reads(['do you remember me?']);
    await bob.jackdaw.thread.send('not really');
    await expect(alice.jackdaw.thread.message('not really')).toHaveCount(1);
    await alice.jackdaw.thread.reads(['hello', 'do you remember me?', 'not really']);
  });
});

test('a name is shown to others', async ({ alice, bob }) => {
  await befriend(alice, bob);
  await alice.jackdaw.openSettings();
  await alice.jackdaw.settings.name.fill('Alice Liddell');
  await alice.jackdaw.settings.save.click();
  await alice.page.reload();
  await expect(alice.jackdaw.settings.name).toHaveValue('Alice Liddell');
  await bob.page.reload();
  await expect(bob.jackdaw.conversation('Alice Liddell')).toBeVisible();
});
