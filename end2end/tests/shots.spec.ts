import { shoot } from '../fixtures/shots';
import { expect, test } from '../fixtures/test';
import { Wallet } from '../fixtures/wallet';

// Pictures for the README and for looking at: `SHOTS=folder`.
test('pictures of the main pages', async ({ people, alice, bob, carol, stack }) => {
  test.setTimeout(300_000);
  await alice.page.goto('/');
  await shoot(alice.page, 'landing');
  await alice.page.goto(`/invite/${bob.address}`);
  await shoot(alice.page, 'invite');
  alice.watch.expect(/status of 404/);
  await alice.page.goto('/no/such/page');
  await shoot(alice.page, 'not-found');

  const nobody = await people.arrive('Nobody', { wallets: [] });
  await nobody.page.goto('/app');
  await expect(nobody.page.getByRole('heading', { level: 1 })).toBeVisible();
  await shoot(nobody.page, 'no-wallet');
  const two = ['Magpie Wallet', 'Rook Wallet'].map((name) => new Wallet(stack.rpc, [stack.account()], name));
  const dora = await people.arrive('Dora', { wallets: two });
  await dora.page.goto('/app');
  await expect(dora.jackdaw.connectButton).toBeVisible();
  await shoot(dora.page, 'connect');
  await dora.jackdaw.connectButton.click();
  await expect(dora.jackdaw.picker).toBeVisible();
  await shoot(dora.page, 'picker');
  await dora.jackdaw.picker.getByRole('button', { name: 'Rook Wallet' }).click();
  await expect(dora.jackdaw.signIn).toBeVisible();
  await shoot(dora.page, 'sign-in');

  for (const [person, name] of [[alice, 'Alice Liddell'], [bob, 'Bob Marsh'], [carol, 'Carol']] as const) {
    await person.signIn();
    if (person === alice) await shoot(alice.page, 'empty');
    await person.jackdaw.openSettings();
    await person.jackdaw.settings.name.fill(name);
    await person.jackdaw.settings.save.click();
    await person.page.goto('/app');
    await person.jackdaw.in();
  }
  await alice.greet(bob, 'The drawings are done. Want to see them before the weekend?');
  await bob.jackdaw.conversation(alice.short).or(bob.jackdaw.conversation('Alice')).first().click();
  await expect(bob.jackdaw.thread.accept).toBeVisible();
  await shoot(bob.page, 'request');
  await bob.jackdaw.thread.accept.click();
  await alice.jackdaw.thread.send('I put the big one on the wall, it looks better than I thought');
  await expect(bob.jackdaw.thread.message('I put the big one on the wall, it looks better than I thought')).toBeVisible();
  await bob.jackdaw.thread.send('Yes please. And let me pay for the paper at least');
  await alice.jackdaw.thread.send('Saturday at three?');
  await bob.jackdaw.thread.send('Saturday at three. I bring cake');
  await bob.jackdaw.thread.react('The drawings are done. Want to see them before the weekend?', '🎉');
  await alice.jackdaw.thread.reaction('The drawings are done. Want to see them before the weekend?', '🎉').click();
  await alice.jackdaw.thread.react('Saturday at three. I bring cake', '❤️');
  await alice.jackdaw.thread.reply('Saturday at three. I bring cake');
  await alice.jackdaw.thread.send('Then I make the tea');
  await carol.greet(alice, 'See you at the meet-up then');
  await expect(alice.jackdaw.conversations.getByRole('link')).toHaveCount(2);
  await shoot(alice.page, 'thread');
  await alice.jackdaw.thread.reply('Yes please. And let me pay for the paper at least');
  await shoot(alice.page, 'reply');
  await alice.jackdaw.thread.box.press('Escape');
  await alice.jackdaw.thread.around('Saturday at three. I bring cake').hover();
  await alice.jackdaw.thread.around('Saturday at three. I bring cake').getByRole('button', { name: 'React', exact: true }).click();
  await expect(alice.jackdaw.thread.picker).toBeVisible();
  await shoot(alice.page, 'react');
  await alice.page.keyboard.press('Escape');
  await alice.page.goto('/app');
  await shoot(alice.page, 'list');
  await alice.jackdaw.account.click();
  await expect(alice.jackdaw.menuItem('Settings')).toBeVisible();
  await shoot(alice.page, 'account-menu');
  await alice.jackdaw.menuItem('Settings').click();
  await expect(alice.jackdaw.settings.profile).toBeVisible();
  await shoot(alice.page, 'settings');
  await alice.page.goto('/app/new');
  await expect(alice.jackdaw.addressOrName).toBeVisible();
  await shoot(alice.page, 'new');
  await alice.jackdaw.addressOrName.fill(stack.account());
  await alice.jackdaw.startButton.click();
  await expect(alice.page.getByText('Not on Jackdaw yet. Send this link.')).toBeVisible();
  await shoot(alice.page, 'not-here');

  bob.watch.expectDisconnection();
  bob.network.pullOut();
  await bob.context.setOffline(true);
  await bob.jackdaw.thread.send('I am in a tunnel');
  await expect(bob.page.getByText(/offline/i).first()).toBeVisible();
  await shoot(bob.page, 'offline');
});
