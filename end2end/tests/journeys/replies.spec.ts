import { accessible } from '../../fixtures/looks';
import { befriend } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';
import { Wallet } from '../../fixtures/wallet';

test('Bob answers one message of several, and a press on the quote leads back to it', async ({ alice, bob }) => {
  await befriend(alice, bob);
  for (let number = 1; number <= 30; number += 1) await alice.jackdaw.thread.send(`line ${number}`);
  const { thread } = bob.jackdaw;
  await expect(thread.message('line 30')).toBeVisible();
  await bob.page.getByRole('log').evaluate((log) => log.scrollTo(0, 0));

  await thread.reply('line 2');
  await expect(thread.answered).toContainText('line 2');
  await expect(thread.box).toBeFocused();
  await thread.box.fill('the second one');
  await thread.box.press('Enter');
  await expect(thread.answered).toBeHidden();
  await thread.sent('the second one');

  for (const { jackdaw } of [bob, alice]) {
    const quote = jackdaw.thread.quote('the second one');
    await expect(quote).toContainText('line 2');
    await quote.click();
    const answered = jackdaw.thread.around('line 2').first();
    await expect(answered).toBeInViewport();
    await expect(answered).toBeFocused();
  }

  await test.step('it is a reply after a reload too', async () => {
    await alice.page.reload();
    await expect(alice.jackdaw.thread.quote('the second one')).toContainText('line 2');
  });
});

test('what is being answered stays over a reload, and Escape gives it up', async ({ alice, bob }) => {
  await befriend(alice, bob);
  const { thread } = bob.jackdaw;
  await thread.reply('hello');
  await thread.box.fill('half an answer');
  await bob.page.reload();
  await expect(thread.answered).toContainText('hello');
  await expect(thread.box).toHaveValue('half an answer');
  await thread.box.press('Escape');
  await expect(thread.answered).toBeHidden();
  await thread.box.press('Enter');
  await thread.sent('half an answer');
  await expect(thread.quote('half an answer')).toHaveCount(0);
});

test('reactions are counted, say who set them, and one takes back one’s own', async ({ alice, bob }) => {
  await befriend(alice, bob);
  await bob.jackdaw.thread.react('hello', '🎉');
  const seen = alice.jackdaw.thread.reaction('hello', '🎉');
  await expect(seen).toHaveText(/1/);
  await expect(seen).toHaveAttribute('aria-pressed', 'false');

  await seen.click();
  for (const { jackdaw } of [alice, bob]) {
    const both = jackdaw.thread.reaction('hello', '🎉');
    await expect(both).toHaveText(/2/);
    await expect(both).toHaveAttribute('aria-pressed', 'true');
    await expect(both).toHaveAccessibleName(/You/);
  }
  await bob.jackdaw.thread.reaction('hello', '🎉').click();
  await expect(seen).toHaveText(/1/);
  await expect(seen).toHaveAccessibleName('🎉 You');

  await test.step('any emoji, and only an emoji', async () => {
    const { thread } = bob.jackdaw;
    await thread.around('hello').hover();
    await thread.around('hello').getByRole('button', { name: 'React', exact: true }).click();
    await expect(thread.picker).toContainText('🎉');
    const any = thread.picker.getByRole('textbox', { name: 'Any emoji' });
    await any.fill('nice');
    await any.press('Enter');
    await expect(thread.picker.getByRole('alert')).toContainText('That is not one emoji.');
    await any.fill('👩🏽‍🚀');
    await any.press('Enter');
    await expect(thread.picker).toBeHidden();
    await expect(alice.jackdaw.thread.reaction('hello', '👩🏽‍🚀')).toBeVisible();
  });

  await test.step('the same after a reload', async () => {
    await bob.page.reload();
    await expect(bob.jackdaw.thread.reaction('hello', '👩🏽‍🚀')).toHaveAttribute('aria-pressed', 'true');
    await expect(bob.jackdaw.thread.reaction('hello', '🎉')).toHaveAttribute('aria-pressed', 'false');
  });
});

test('with the keyboard alone: to a message, react to it, answer it', async ({ alice, bob }) => {
  await befriend(alice, bob);
  const { page, jackdaw } = bob;
  await jackdaw.thread.log.focus();
  await page.keyboard.press('ArrowUp');
  await expect(jackdaw.thread.around('hello')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(jackdaw.thread.around('hello').getByRole('button', { name: 'Reply' })).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(jackdaw.thread.picker.getByRole('button', { name: '👍' })).toBeFocused();
  await accessible(page, 'answering and reacting');
  // Looking at the page in other sizes may take the focus away.
  await jackdaw.thread.picker.getByRole('button', { name: '👍' }).focus();
  await page.keyboard.press('Escape');
  await expect(jackdaw.thread.around('hello').getByRole('button', { name: 'React' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await expect(jackdaw.thread.reaction('hello', '👍')).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(jackdaw.thread.box).toBeFocused();
  await page.keyboard.type('typed');
  await page.keyboard.press('Enter');
  await expect(alice.jackdaw.thread.quote('typed')).toContainText('hello');
  await accessible(page, 'answering and reacting');
});

test('two tabs and two browsers of Alice show the same answer and the same reaction', async ({ alice, bob, people }) => {
  await befriend(alice, bob);
  const office = await people.arrive('Alice elsewhere', { wallets: [new Wallet(alice.stack.rpc, [alice.address])] });
  await office.signIn();
  await bob.jackdaw.thread.send('to all of you');
  await office.show(bob);
  await office.jackdaw.thread.accept.click();
  const second = await alice.tab();
  await second.page.goto(`/app/c/${bob.address}`);
  await expect(second.jackdaw.thread.message('to all of you')).toBeVisible();

  await second.jackdaw.thread.react('to all of you', '❤️');
  await second.jackdaw.thread.reply('to all of you');
  await second.jackdaw.thread.send('from one of us');
  for (const { jackdaw } of [alice, second, office]) {
    await expect(jackdaw.thread.reaction('to all of you', '❤️')).toHaveAttribute('aria-pressed', 'true');
    await expect(jackdaw.thread.quote('from one of us')).toContainText('to all of you');
  }
  await expect(bob.jackdaw.thread.reaction('to all of you', '❤️')).toHaveText(/1/);

  await test.step('what one of her browsers set, the other takes back', async () => {
    await office.jackdaw.thread.reaction('to all of you', '❤️').click();
    for (const { jackdaw } of [alice, second, office, bob]) await expect(jackdaw.thread.reaction('to all of you', '❤️')).toHaveCount(0);
  });
});

test('offline one reacts and answers; both arrive once when the network is back', async ({ alice, bob }) => {
  await befriend(alice, bob);
  bob.watch.expectDisconnection();
  bob.network.pullOut();
  await bob.context.setOffline(true);
  await bob.jackdaw.thread.react('hello', '👍');
  await expect(bob.jackdaw.thread.reaction('hello', '👍')).toHaveAttribute('aria-pressed', 'true');
  await bob.jackdaw.thread.reply('hello');
  await bob.jackdaw.thread.send('from a tunnel');
  bob.network.putBack();
  await bob.context.setOffline(false);
  await bob.jackdaw.thread.sent('from a tunnel');
  await expect(alice.jackdaw.thread.reaction('hello', '👍')).toHaveText(/1/);
  await expect(alice.jackdaw.thread.quote('from a tunnel')).toHaveCount(1);
});
