import { expect, test } from '../../fixtures/test';
import { Wallet } from '../../fixtures/wallet';

test('with one wallet, one press connects and one signature is the way in', { tag: '@quick' }, async ({ alice }) => {
  await alice.page.goto('/');
  await alice.jackdaw.connectLink.first().click();
  await expect(alice.page).toHaveURL(/\/app/);
  await expect(alice.jackdaw.connectButton).toBeVisible();
  expect(alice.wallet.asked, 'nothing is asked of the wallet before anybody pressed').not.toContain('eth_requestAccounts');

  await alice.jackdaw.connect();
  await expect(alice.jackdaw.picker).toBeHidden();
  await alice.jackdaw.signIn.click();
  await alice.jackdaw.in();
  expect(alice.wallet.asked.filter((method) => method === 'personal_sign')).toHaveLength(1);

  await test.step('a reload asks for nothing', async () => {
    await alice.page.reload();
    await alice.jackdaw.in();
    expect(alice.wallet.asked.filter((method) => method === 'personal_sign')).toHaveLength(1);
    expect(alice.wallet.asked.filter((method) => method === 'eth_requestAccounts')).toHaveLength(1);
  });
});

test('several wallets are offered by their names', async ({ people, stack }) => {
  const [magpie, rook] = [
    new Wallet(stack.rpc, [stack.account()], 'Magpie Wallet'),
    new Wallet(stack.rpc, [stack.account()], 'Rook Wallet', { legacy: true }),
  ];
  const alice = await people.arrive('Alice', { wallets: [magpie, rook] });
  await alice.page.goto('/app');
  await alice.jackdaw.connectButton.click();
  await expect(alice.jackdaw.picker.getByRole('button', { name: 'Magpie Wallet' })).toBeVisible();
  // The one at window.ethereum has announced itself: it is not offered twice.
  await expect(alice.jackdaw.picker.getByRole('button', { name: /Wallet/ })).toHaveCount(2);

  await test.step('Escape closes the picker and asks nobody', async () => {
    await alice.page.keyboard.press('Escape');
    await expect(alice.jackdaw.picker).toBeHidden();
    await expect(alice.jackdaw.connectButton).toBeFocused();
    expect([...magpie.asked, ...rook.asked]).not.toContain('eth_requestAccounts');
  });

  await alice.jackdaw.connect('Rook Wallet');
  await alice.jackdaw.signIn.click();
  await alice.jackdaw.in();
  expect(magpie.asked).not.toContain('personal_sign');
});

test('a wallet from before EIP-6963 works too', async ({ people, stack }) => {
  const old = new Wallet(stack.rpc, [stack.account()], 'Old Wallet', { legacy: 'only' });
  const alice = await people.arrive('Alice', { wallets: [old] });
  await alice.signIn();
});

test('a cancelled prompt is not an error, and the next try works', { tag: '@quick' }, async ({ alice }) => {
  await alice.page.goto('/app');

  await test.step('while connecting', async () => {
    alice.wallet.mood = 'reject';
    await alice.jackdaw.connect();
    await expect(alice.page.getByText('Cancelled in your wallet.')).toBeVisible();
  });

  await test.step('while signing', async () => {
    alice.wallet.mood = 'approve';
    await alice.jackdaw.connect();
    await expect(alice.jackdaw.signIn).toBeVisible();
    alice.wallet.mood = 'reject';
    await alice.jackdaw.signIn.click();
    await expect(alice.page.getByText('Cancelled in your wallet. Nothing was sent.')).toBeVisible();
  });

  alice.wallet.mood = 'approve';
  await alice.jackdaw.signIn.click();
  await alice.jackdaw.in();
});

test('a wallet that never answers can be left alone', async ({ alice }) => {
  await alice.page.goto('/app');
  await alice.jackdaw.connect();
  await expect(alice.jackdaw.signIn).toBeVisible();
  alice.wallet.mood = 'never';
  await alice.jackdaw.signIn.click();
  await expect.poll(() => alice.wallet.prompts.length, 'the prompt is open').toBe(1);
  await alice.page.getByRole('button', { name: 'Cancel' }).click();
  await expect(alice.jackdaw.signIn).toBeEnabled();

  await test.step('its prompt is still open, and the page says so', async () => {
    await alice.jackdaw.signIn.click();
    await expect(alice.page.getByText('Your wallet is already waiting for you. Open it to continue.')).toBeVisible();
  });

  await test.step('answered in the wallet, the next try goes through', async () => {
    for (const prompt of [...alice.wallet.prompts]) prompt.reject();
    alice.wallet.mood = 'approve';
    await alice.jackdaw.signIn.click();
    await alice.jackdaw.in();
  });
});

test('a wallet that never answers while it is connected can be left alone too', async ({ alice }) => {
  await alice.page.goto('/app');
  alice.wallet.mood = 'never';
  await alice.jackdaw.connect();
  await expect(alice.page.getByText('Waiting for Jay Wallet. Open it to continue.')).toBeVisible();
  await expect.poll(() => alice.wallet.prompts.length, 'the prompt is open').toBe(1);
  await alice.page.getByRole('button', { name: 'Cancel' }).click();
  await expect(alice.jackdaw.connectButton).toBeFocused();

  await test.step('its prompt is still open, and the page says so', async () => {
    await alice.jackdaw.connect();
    await expect(alice.page.getByText('Your wallet is already waiting for you. Open it to continue.')).toBeVisible();
  });

  await test.step('answered too late it leads nowhere; the next press does', async () => {
    for (const prompt of [...alice.wallet.prompts]) prompt.approve();
    alice.wallet.mood = 'approve';
    await expect(alice.jackdaw.signIn).toBeHidden();
    await alice.jackdaw.connect();
    await alice.jackdaw.signIn.click();
    await alice.jackdaw.in();
  });
});

test('a signature by another account opens nothing', { tag: '@quick' }, async ({ alice, stack }) => {
  await alice.page.goto('/app');
  await alice.jackdaw.connect();
  alice.wallet.signsAs = stack.account();
  // The refusal is an answer with a status of 4xx, which Chromium writes into the console.
  alice.watch.expect(/status of 4\d\d/);
  await alice.jackdaw.signIn.click();
  await expect(alice.page.getByRole('alert')).toContainText(/account/);
  await expect(alice.jackdaw.conversations).toBeHidden();

  alice.wallet.signsAs = undefined;
  await alice.jackdaw.signIn.click();
  await alice.jackdaw.in();
});
