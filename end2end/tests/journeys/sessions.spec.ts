import type { Person } from '../../fixtures/people';
import { befriend } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';
import { kept } from '../../pages/vault';

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

test('one session is ended by its own button: it is over at once, and its browser stays an installation', { tag: '@quick' }, async ({ people, alice }) => {
  await alice.signIn();
  const elsewhere = await people.arrive('Alice elsewhere', { wallets: [alice.wallet] });
  await elsewhere.signIn();
  elsewhere.watch.expect(/status of 401/, /WebSocket/);

  await alice.jackdaw.openSettings();
  const sessions = alice.jackdaw.settings.part('Sessions').getByRole('listitem');
  await expect(sessions).toHaveCount(2);
  await expect(sessions.filter({ hasText: 'This session' }).getByRole('button')).toHaveCount(0);
  await sessions.getByRole('button', { name: /^End the session of / }).click();
  await expect(sessions).toHaveCount(1);
  await expect(alice.jackdaw.settings.part('Installations').getByRole('listitem')).toHaveCount(2);
  await elsewhere.jackdaw.out();
  await expect(elsewhere.page.getByRole('alert')).toContainText('This session was ended.');

  await test.step('one signature is the way back', async () => {
    await elsewhere.jackdaw.signIn.click();
    await elsewhere.jackdaw.in();
    await alice.page.reload();
    await expect(sessions).toHaveCount(2);
  });
});

test('signing out is real, and says what stays in this browser', { tag: '@quick' }, async ({ alice, bob }) => {
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
  await bob.jackdaw.signOutAndDelete();
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

test('a name is shown to others', { tag: '@quick' }, async ({ alice, bob }) => {
  await befriend(alice, bob);
  await alice.jackdaw.openSettings();
  await alice.jackdaw.settings.name.fill('Alice Liddell');
  await alice.jackdaw.settings.save.click();
  await expect(alice.page.getByText('Saved. Others see it')).toBeVisible();
  await alice.page.reload();
  await expect(alice.jackdaw.settings.name).toHaveValue('Alice Liddell');
  await bob.page.reload();
  await expect(bob.jackdaw.conversation('Alice Liddell')).toBeVisible();
  await expect(alice.jackdaw.account).toContainText('Alice Liddell');

  await test.step('and can be taken away again', async () => {
    await alice.jackdaw.settings.name.fill('  ');
    await alice.jackdaw.settings.save.click();
    await expect(alice.page.getByText('Your name is removed.')).toBeVisible();
    await expect(alice.jackdaw.account).toContainText(alice.short);
    await bob.page.reload();
    await expect(bob.jackdaw.conversation(alice.short)).toBeVisible();
  });
});

/** Something typed to somebody, and an amount, neither of them sent. */
async function type(person: Person): Promise<void> {
  await person.jackdaw.thread.box.fill('half a thought');
  await person.jackdaw.tips.open();
  await person.jackdaw.tips.amount.fill('0.0123');
  await person.page.keyboard.press('Escape');
  await expect(person.jackdaw.tips.dialog).toBeHidden();
  expect(await kept(person.page)).toContain('half a thought');
  expect(await kept(person.page)).toContain('0.0123');
}

/** Nothing of this account is left in the clear, nor comes back with it. */
async function nothingLeft(person: Person, other: Person): Promise<void> {
  await person.jackdaw.out();
  await expect.poll(() => person.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))).toEqual([]);
  const left = (await kept(person.page)).toLowerCase();
  for (const trace of ['half a thought', '0.0123', person.address.toLowerCase()]) expect(left).not.toContain(trace);
  await person.page.reload();
  await person.jackdaw.connect();
  await person.jackdaw.signIn.click();
  await person.jackdaw.in();
  await person.jackdaw.start(other.address);
  await expect(person.jackdaw.thread.box).toHaveValue('');
  await person.jackdaw.tips.open();
  await expect(person.jackdaw.tips.amount).toHaveValue('');
}

test('what was typed is deleted with the history', async ({ alice, bob }) => {
  await befriend(alice, bob);
  await type(alice);
  alice.watch.expect(/status of 401/, /WebSocket/);
  await alice.jackdaw.signOutAndDelete();
  await nothingLeft(alice, bob);
});

test('what was typed is deleted with the history also while there is no socket', async ({ alice, bob }) => {
  await befriend(alice, bob);
  await type(alice);
  alice.watch.expectDisconnection();
  await test.step('the socket breaks, and no other one can be opened', async () => {
    const [worker] = alice.page.workers();
    await worker!.evaluate(() => {
      Object.assign(self, {
        WebSocket: class {
          constructor() {
            throw new Error('there are no sockets any more');
          }
        },
      });
    });
    alice.network.pullOut();
    await expect(alice.page.getByText(/offline/i).first()).toBeVisible();
    alice.network.putBack();
  });
  await alice.jackdaw.signOutAndDelete();
  await nothingLeft(alice, bob);
});

test('without a server nobody is signed out and nothing is deleted, and that is said where one asked for it', async ({ alice, bob }) => {
  await befriend(alice, bob);
  await type(alice);
  alice.watch.expectDisconnection();
  alice.network.pullOut();
  await expect(alice.page.getByText(/offline/i).first()).toBeVisible();
  await alice.jackdaw.signOutAndDelete();
  await expect(alice.page.getByRole('dialog').getByRole('alert')).toContainText('The server cannot be reached right now.');
  await alice.page.keyboard.press('Escape');
  await expect(alice.jackdaw.thread.message('hello')).toBeVisible();
  await expect(alice.jackdaw.thread.box).toHaveValue('half a thought');
});

test('signing out alone keeps what was typed, and says how', async ({ alice, bob }) => {
  await befriend(alice, bob);
  await type(alice);
  // Names are asked for once more before the session is there.
  alice.watch.expect(/status of 401/);
  await alice.jackdaw.signOut();
  const dialog = alice.page.getByRole('dialog');
  await expect(dialog).toContainText('what you typed and did not send stays too, but not encrypted');
  await dialog.getByRole('button', { name: 'Sign out' }).click();
  await alice.jackdaw.out();
  await alice.jackdaw.connect();
  await alice.jackdaw.signIn.click();
  await alice.show(bob);
  await expect(alice.jackdaw.thread.box).toHaveValue('half a thought');
});
