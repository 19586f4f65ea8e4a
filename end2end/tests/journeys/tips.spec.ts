import { tipped, TIPS } from '../../fixtures/contracts';
import { ether } from '../../fixtures/chain';
import { befriend, pay } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';
import { Wallet } from '../../fixtures/wallet';

const CHAIN = 'Jackdaw development chain';

test('Alice tips Bob: both devices have checked it, and exactly that much has moved', { tag: '@quick' }, async ({ alice, bob, stack }) => {
  await befriend(alice, bob);
  const before = await stack.chain.balance(bob.address);
  const tips = alice.jackdaw.tips;
  alice.wallet.mood = 'manual';

  await test.step('the first time is marked, with the whole address, and test money as such', async () => {
    await tips.open();
    await expect(tips.dialog.getByText('First time', { exact: true })).toBeVisible();
    await expect(tips.dialog).toContainText(/compare the address/);
    const words = (await tips.dialog.innerText()).replaceAll(/\s/g, '').toLowerCase();
    expect(words).toContain(bob.address.toLowerCase());
    await expect(tips.dialog).toContainText('Test money, worth nothing');
    await expect(tips.dialog).toContainText(CHAIN);
    expect(alice.wallet.asked).not.toContain('eth_sendTransaction');
  });

  await test.step('the wallet is asked for just this', async () => {
    await tips.amount.fill('0.123456789012345678');
    await tips.continue.click();
    const { params, approve } = await alice.wallet.prompted();
    const [wish] = params as [{ from: string; to: string; value: string; data: string }];
    expect(wish.from.toLowerCase()).toBe(alice.address.toLowerCase());
    expect(wish.to.toLowerCase()).toBe(TIPS.toLowerCase());
    expect(BigInt(wish.value)).toBe(123456789012345678n);
    expect(wish.data).toMatch(new RegExp(`^0x52c7bf27[0-9a-f]{64}0{24}${bob.address.slice(2)}$`, 'i'));
    await expect(tips.dialog.getByRole('status')).toContainText('Waiting for your wallet');
    await expect(bob.jackdaw.tips.card, 'nothing is told before it is sent').toBeHidden();
    approve();
  });

  await test.step('in a block, and then deep enough', async () => {
    await expect(tips.dialog).toBeHidden();
    await tips.says('Tip to');
    await tips.says('Confirming 1/2');
    await bob.jackdaw.tips.says('Tip from');
    await bob.jackdaw.tips.says('Confirming 1/2');
    await expect(bob.jackdaw.tips.card).not.toContainText('Confirmed');
    await stack.chain.mine();
    await tips.confirmed();
    await bob.jackdaw.tips.confirmed();
    await expect(bob.jackdaw.tips.card).toContainText('0.123456789012345678 ETH');
    await expect(bob.jackdaw.tips.card).toContainText('Test money, worth nothing');
  });

  expect(await stack.chain.balance(bob.address)).toBe(before + 123456789012345678n);
  const [mark, ...more] = (await tipped(stack.rpc, TIPS)).filter(({ from }) => from === alice.address.toLowerCase());
  expect(more).toEqual([]);
  expect(mark).toMatchObject({ to: bob.address.toLowerCase(), amount: 123456789012345678n });

  await test.step('both still have it after a reload, and the second time is not the first', async () => {
    for (const [person, other] of [[alice, bob], [bob, alice]] as const) {
      await person.page.reload();
      await person.show(other);
      await person.jackdaw.tips.confirmed();
      await expect(person.jackdaw.tips.card).toHaveCount(1);
    }
    await tips.open();
    await expect(tips.continue).not.toHaveAttribute('aria-disabled', 'true');
    await expect(tips.dialog.getByText('First time', { exact: true })).toBeHidden();
  });
});

test('on the wrong network the action says so, changes it, and the tip is sent', async ({ alice, bob, stack }) => {
  await befriend(alice, bob);
  const tips = alice.jackdaw.tips;
  await alice.wallet.goTo(1);
  alice.wallet.known.delete(31337);
  await tips.open();
  await expect(tips.continue).toBeHidden();
  await tips.amount.fill('0.02');
  const change = tips.dialog.getByRole('button', { name: `Change network to ${CHAIN}` });
  await test.step('cancelled, everything is as it was', async () => {
    alice.wallet.mood = 'reject';
    await change.click();
    await expect(tips.problem).toContainText('Cancelled in your wallet.');
    await expect(tips.amount).toHaveValue('0.02');
    alice.wallet.mood = 'approve';
  });
  await change.click();
  await expect(tips.continue).toBeVisible();
  expect(alice.wallet.asked, 'a chain the wallet does not know is offered to it').toContain('wallet_addEthereumChain');
  await tips.continue.click();
  await bob.jackdaw.tips.says('0.02 ETH');
  await stack.chain.mine();
  await bob.jackdaw.tips.confirmed();
});

test('what there is not enough of is said before the wallet opens', { tag: '@quick' }, async ({ alice, bob, stack }) => {
  await stack.chain.endow(alice.address, ether('0.004'));
  await befriend(alice, bob);
  const tips = alice.jackdaw.tips;
  await tips.open();
  await expect(tips.dialog).toContainText('0.004 ETH');
  await tips.amount.fill('0.01');
  await expect(tips.problem).toHaveText(/^You need 0\.01\d* ETH \(0\.010* \+ about 0\.0\d+ fee\)\. You have 0\.004\.$/);
  await tips.continue.click();
  await expect(tips.problem).toContainText('You need');
  expect(alice.wallet.asked).not.toContain('eth_sendTransaction');
  await expect(tips.card).toBeHidden();

  await test.step('Max leaves what the fee takes, and that goes through', async () => {
    await tips.dialog.getByRole('button', { name: 'Max' }).click();
    await expect(tips.problem).toBeHidden();
    await tips.continue.click();
    await bob.jackdaw.tips.says('Confirming 1/2');
    const left = await stack.chain.balance(alice.address);
    expect(left).toBeGreaterThanOrEqual(0n);
    expect(left, 'Max is most of it').toBeLessThan(ether('0.002'));
  });
});

test('amounts that are none are said to be so, and never reach the wallet', async ({ alice, bob }) => {
  await befriend(alice, bob);
  const tips = alice.jackdaw.tips;
  await tips.open();
  await expect(tips.continue).not.toHaveAttribute('aria-disabled', 'true');
  for (const [typed, words] of [
    ['0.1234567890123456789', 'ETH has at most 18 decimals. Type fewer.'],
    ['-1', 'A tip cannot be less than nothing.'],
    ['a lot', 'Type the amount in digits, for example 0.01.'],
    ['1e18', 'Type the amount in digits, for example 0.01.'],
    ['0', 'Type more than nothing.'],
    ['9'.repeat(80), 'That is more than there is of any coin. Type less.'],
  ] as const) {
    await tips.amount.fill(typed);
    await tips.continue.click();
    await expect(tips.problem, typed).toHaveText(words);
    await expect(tips.amount).toHaveAttribute('aria-invalid', 'true');
    await expect(tips.amount).toBeFocused();
  }
  await tips.amount.fill('');
  await tips.continue.click();
  await expect(tips.problem).toHaveText('Type an amount first.');
  expect(alice.wallet.asked).not.toContain('eth_sendTransaction');

  await test.step('the smallest there is can be paid', async () => {
    await tips.amount.fill('0.000000000000000001');
    await tips.continue.click();
    await bob.jackdaw.tips.says('0.000000000000000001 ETH');
  });
});

test('the wallet was forgotten: the dialog connects it again', async ({ alice, bob }) => {
  await befriend(alice, bob);
  await alice.wallet.forget();
  await alice.page.reload();
  await alice.show(bob);
  await alice.jackdaw.tips.open();
  await alice.jackdaw.tips.amount.fill('0.03');
  await alice.jackdaw.tips.dialog.getByRole('button', { name: 'Connect wallet' }).click();
  await alice.jackdaw.tips.continue.click();
  await bob.jackdaw.tips.says('0.03 ETH');
});

test('the account shows its address, network and balance, which goes with the money', async ({ people, bob, stack }) => {
  const wallet = new Wallet(stack.rpc, [stack.account()]);
  const alice = await people.arrive('Alice', { wallets: [wallet] });
  await stack.chain.endow(alice.address, ether('2'));
  await befriend(alice, bob);
  await alice.jackdaw.account.click();
  const panel = alice.page.getByRole('complementary').or(alice.page.locator('body'));
  await expect(panel.getByText('2 ETH', { exact: true })).toBeVisible();
  await expect(panel.getByText('Test money, worth nothing')).toBeVisible();
  await alice.page.keyboard.press('Escape');
  await pay(alice, '0.5');
  await stack.chain.mine();
  await alice.jackdaw.tips.confirmed();
  await alice.jackdaw.account.click();
  // Less the fee, which falls with every empty block.
  await expect(panel.getByText(/^1\.499\d* ETH$/)).toBeVisible();
  await alice.page.keyboard.press('Escape');
  await wallet.goTo(1);
  await expect(alice.jackdaw.account).toHaveAccessibleName(/Wrong network/);
  await alice.jackdaw.account.click();
  await alice.page.getByRole('button', { name: `Change network to ${CHAIN}` }).first().click();
  await expect(alice.jackdaw.account).toHaveAccessibleName(/Test net/);
});

test('another wallet is used without signing out, and it pays', async ({ people, bob, stack }) => {
  const account = stack.account();
  const [rook, magpie] = [
    new Wallet(stack.rpc, [account], 'Rook Wallet'),
    new Wallet(stack.rpc, [account, stack.account()], 'Magpie Wallet'),
  ];
  const alice = await people.arrive('Alice', { wallets: [rook, magpie] });
  const { page, jackdaw } = alice;
  await bob.signIn();
  await page.goto('/app');
  await jackdaw.connect('Magpie Wallet');
  await jackdaw.signIn.click();
  await jackdaw.in();
  await alice.greet(bob, 'hello');

  await test.step('by keyboard, from the menu of the account', async () => {
    await jackdaw.account.press('Enter');
    await expect(jackdaw.menuItem('Copy address')).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await expect(jackdaw.menuItem('Use another wallet')).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('button', { name: 'Connect Rook Wallet' })).toBeFocused();
    await expect(jackdaw.menuItem('Use another wallet')).toBeHidden();
    await expect(page.getByRole('button', { name: 'Connect Magpie Wallet' })).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(jackdaw.menuItem('Use another wallet')).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(jackdaw.account).toBeFocused();
    await expect(jackdaw.conversations, 'nobody was signed out').toBeVisible();
    expect([...rook.asked, ...magpie.asked].filter((method) => method === 'personal_sign')).toHaveLength(1);
  });

  await test.step('it is the one that is asked', async () => {
    await pay(alice, '0.01');
    expect(rook.sent).toHaveLength(1);
    expect(magpie.sent).toEqual([]);
  });

  await test.step('one of another account: its own place, after its own signature', async () => {
    await magpie.select((magpie as unknown as { accounts: string[] }).accounts[1]!);
    await jackdaw.account.click();
    await jackdaw.menuItem('Use another wallet').click();
    await page.getByRole('button', { name: 'Connect Magpie Wallet' }).click();
    await expect(jackdaw.signIn).toBeVisible();
    await expect(page.getByText(/Your wallet changed to/)).toBeVisible();
    await expect(jackdaw.thread.message('hello')).toBeHidden();
  });
});
