import { befriend } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';
import { Wallet } from '../../fixtures/wallet';
import { KEY, MESSAGE, damage } from '../../pages/vault';

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

test('a damaged record takes nothing else with it', { tag: '@quick' }, async ({ alice, bob }) => {
  await befriend(alice, bob);
  await bob.jackdaw.thread.send('this one breaks');
  await expect(alice.jackdaw.thread.message('this one breaks')).toBeVisible();

  await damage(alice.page, MESSAGE);
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

test('a key that is damaged is said as it is, and one begins anew with another', async ({ alice, bob }) => {
  await befriend(alice, bob);
  await alice.jackdaw.thread.box.fill('half a thought');
  await damage(alice.page, KEY);
  await alice.page.reload();
  await expect(alice.jackdaw.shut).toBeVisible();
  const why = alice.page.getByRole('alert').filter({ hasText: 'damaged' });
  await expect(why).toContainText('Nothing was deleted.');
  await expect(alice.page.getByText(/What can be read is shown|back in the text box/)).toBeHidden();

  await test.step('trying again changes nothing, and takes nothing away', async () => {
    const again = alice.page.getByRole('button', { name: 'Try again' });
    await expect(again).toBeFocused();
    await again.click();
    await expect(why).toBeVisible();
    await expect(alice.jackdaw.conversations).toBeHidden();
  });

  const begin = alice.page.getByRole('button', { name: 'Delete and begin anew' });
  const question = alice.page.getByRole('dialog', { name: 'Delete and begin anew?' });
  await test.step('what is lost and what stays is said before', async () => {
    await begin.click();
    await expect(question).toContainText('its key, its history');
    await expect(question).toContainText('Your account stays');
    await expect(question.getByRole('button', { name: 'Keep' })).toBeFocused();
    await alice.page.keyboard.press('Enter');
    await expect(question).toBeHidden();
    await expect(why).toBeVisible();
  });

  await begin.click();
  await question.getByRole('button', { name: 'Delete and begin anew' }).click();
  await alice.jackdaw.signIn.click();
  await test.step('with the new key they talk again; what was typed is still there', async () => {
    await expect(alice.jackdaw.thread.box).toHaveValue('half a thought');
    await expect(alice.page.getByText('hello', { exact: true })).toBeHidden();
    await bob.jackdaw.thread.send('is that you?');
    await alice.jackdaw.thread.accept.click();
    await alice.jackdaw.thread.reads(['is that you?']);
    await alice.jackdaw.thread.send('it is me');
    await bob.jackdaw.thread.reads(['hello', 'is that you?', 'it is me']);
  });
  await test.step('and after a reload all of it opens', async () => {
    await alice.page.reload();
    await alice.jackdaw.thread.reads(['is that you?', 'it is me']);
  });
});

test('whoever has no use for what does not open comes with another wallet', async ({ people, stack }) => {
  const wallets = ['Magpie Wallet', 'Rook Wallet'].map((name) => new Wallet(stack.rpc, [stack.account()], name));
  const alice = await people.arrive('Alice', { wallets });
  await alice.page.goto('/app');
  await alice.jackdaw.connect('Magpie Wallet');
  await alice.jackdaw.signIn.click();
  await alice.jackdaw.in();
  await damage(alice.page, KEY);
  await alice.page.reload();
  await expect(alice.jackdaw.shut).toBeVisible();
  await alice.page.getByRole('button', { name: 'Use another wallet' }).click();
  await alice.jackdaw.connect('Rook Wallet');
  await alice.jackdaw.signIn.click();
  await alice.jackdaw.in();
});

test('a browser that is full from the start says so, and goes on when there is room', async ({ alice, stack }) => {
  await alice.page.goto('/');
  const cdp = await alice.context.newCDPSession(alice.page);
  await cdp.send('Storage.overrideQuotaForOrigin', { origin: stack.url, quotaSize: 1 });
  await alice.page.goto('/app');
  await alice.jackdaw.connect();
  await expect(alice.jackdaw.shut).toBeVisible();
  await expect(alice.page.getByRole('alert')).toContainText("This browser's storage is full");
  await cdp.send('Storage.overrideQuotaForOrigin', { origin: stack.url });
  await alice.page.getByRole('button', { name: 'Try again' }).click();
  await alice.jackdaw.signIn.click();
  await alice.jackdaw.in();
});
