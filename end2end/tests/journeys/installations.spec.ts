import { accessible } from '../../fixtures/looks';
import type { Person } from '../../fixtures/people';
import { befriend } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';
import { Wallet } from '../../fixtures/wallet';

/** The browsers that settings list. */
const installations = (person: Person) => person.jackdaw.settings.part('Installations').getByRole('listitem');

/** Another browser of the same person, signed in. */
async function another(person: Person, people: { arrive: (name: string, arrival: object) => Promise<Person> }): Promise<Person> {
  const wallets = [new Wallet(person.stack.rpc, [person.address])];
  const elsewhere = await people.arrive(`${person.name} elsewhere`, { wallets });
  return elsewhere.signIn();
}

/** Opens the thread, accepting whoever is not known in this browser yet. */
async function open(person: Person, other: Person): Promise<void> {
  await person.show(other);
  if (await person.jackdaw.thread.accept.isVisible()) await person.jackdaw.thread.accept.click();
}

test('two browsers of Alice get everything, in both directions, and what she writes in the other one', { tag: '@quick' }, async ({ alice, bob, people }) => {
  await befriend(alice, bob);
  const office = await another(alice, people);
  await test.step('an empty thread says where the rest is', async () => {
    await office.jackdaw.start(bob.address);
    await expect(office.page.getByText('Messages from before this browser was added stay in your other browsers.')).toBeVisible();
  });
  await bob.jackdaw.thread.send('to both of you');
  await office.jackdaw.thread.accept.click();
  await expect(office.jackdaw.thread.message('to both of you')).toBeVisible();
  await office.jackdaw.thread.send('from the office');
  await expect(bob.jackdaw.thread.message('from the office')).toBeVisible();
  await alice.jackdaw.thread.send('from home');
  await expect(bob.jackdaw.thread.message('from home')).toBeVisible();
  await office.jackdaw.thread.reads(['to both of you', 'from the office', 'from home']);
  await alice.jackdaw.thread.reads(['hello', 'to both of you', 'from the office', 'from home']);
  await bob.jackdaw.thread.reads(['hello', 'to both of you', 'from the office', 'from home']);
  await test.step('her own words are hers in both', async () => {
    await office.jackdaw.thread.sent('from home');
    await alice.jackdaw.thread.sent('from the office');
  });
});

test('a revoked browser learns why, gets nothing more, and begins anew with a new key', async ({ alice, bob, people }) => {
  test.slow();
  await befriend(alice, bob);
  const lost = await another(alice, people);
  await bob.jackdaw.thread.send('to both of you');
  await open(lost, bob);
  await expect(lost.jackdaw.thread.message('to both of you')).toBeVisible();
  await test.step('something still waits in it when it is revoked', async () => {
    lost.watch.expectDisconnection();
    lost.network.pullOut();
    await lost.jackdaw.thread.send('never sent');
  });

  await alice.jackdaw.openSettings();
  await expect(installations(alice)).toHaveCount(2);
  const row = installations(alice).filter({ hasNotText: 'This browser' });
  await test.step('she has a name for it', async () => {
    await row.getByRole('button', { name: /^Rename/ }).click();
    const naming = alice.page.getByRole('dialog', { name: 'Rename a browser' });
    await accessible(alice.page, 'naming a browser');
    await naming.getByRole('textbox', { name: 'Name of this browser' }).fill('The lost phone');
    await naming.getByRole('button', { name: 'Save' }).click();
    await expect(naming).toBeHidden();
    await expect(row).toContainText('The lost phone');
  });
  await row.getByRole('button', { name: 'Revoke The lost phone' }).click();
  const dialog = alice.page.getByRole('dialog', { name: 'Revoke the other browser?' });
  await expect(dialog).toContainText('cannot be undone');
  await accessible(alice.page, 'revoking a browser');
  await dialog.getByRole('button', { name: 'Revoke', exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(installations(alice)).toHaveCount(1);

  await test.step('it learns why, and what it did not send can be copied', async () => {
    lost.watch.expect(/status of 401/, /WebSocket/);
    lost.network.putBack();
    await expect(lost.page.getByRole('heading', { name: 'This browser was removed' })).toBeVisible({ timeout: 40_000 });
    await expect(lost.page.getByText('never sent', { exact: true })).toBeVisible();
    await expect(lost.page.getByRole('button', { name: 'Copy this message' })).toBeVisible();
    await accessible(lost.page, 'a removed browser');
  });
  await bob.jackdaw.thread.send('behind its back');
  await bob.jackdaw.thread.sent('behind its back');
  await alice.show(bob);
  await alice.jackdaw.thread.reads(['hello', 'to both of you', 'behind its back']);

  await test.step('also after a reload its key opens nothing', async () => {
    await lost.page.reload();
    if (await lost.jackdaw.connectButton.isVisible()) await lost.jackdaw.connect();
    await lost.jackdaw.signIn.click();
    await expect(lost.page.getByRole('heading', { name: 'This browser was removed' })).toBeVisible();
    await expect(lost.page.getByText('never sent', { exact: true })).toBeVisible();
  });
  await test.step('a new key of the same browser is welcome', async () => {
    await lost.page.getByRole('button', { name: 'Delete and sign in again' }).click();
    await lost.jackdaw.connect();
    await lost.jackdaw.signIn.click();
    await lost.jackdaw.in();
    await bob.jackdaw.thread.send('welcome back');
    await open(lost, bob);
    await lost.jackdaw.thread.reads(['welcome back']);
    await lost.jackdaw.thread.send('it is me');
    await expect(bob.jackdaw.thread.message('it is me')).toBeVisible();
    await alice.jackdaw.thread.reads(['hello', 'to both of you', 'behind its back', 'welcome back', 'it is me']);
  });
});

test('signing out and deleting takes this browser off the list', async ({ alice, people }) => {
  await alice.signIn();
  const elsewhere = await another(alice, people);
  await alice.jackdaw.openSettings();
  await expect(installations(alice)).toHaveCount(2);
  await elsewhere.jackdaw.signOut();
  const dialog = elsewhere.page.getByRole('dialog');
  await dialog.getByRole('checkbox', { name: 'Delete the history in this browser' }).check();
  elsewhere.watch.expect(/status of 401/, /WebSocket/);
  await dialog.getByRole('button', { name: 'Sign out and delete' }).click();
  await elsewhere.jackdaw.out();
  await alice.page.reload();
  await expect(installations(alice)).toHaveCount(1);
});
