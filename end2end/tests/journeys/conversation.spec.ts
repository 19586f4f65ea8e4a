import { expect, test } from '../../fixtures/test';

test('Alice and Bob talk, and both still have it after a reload', { tag: '@quick' }, async ({ alice, bob }) => {
  await bob.signIn();
  await alice.signIn();
  await alice.greet(bob, 'Hello Bob, it is me');
  await alice.jackdaw.thread.sent('Hello Bob, it is me');

  await test.step('a stranger waits: who it is can be seen, what they say cannot', async () => {
    await bob.jackdaw.conversation(alice.short).click();
    await expect(bob.jackdaw.thread.accept).toBeVisible();
    await expect(bob.jackdaw.thread.decline).toBeVisible();
    await expect(bob.jackdaw.thread.block).toBeVisible();
    await expect(bob.jackdaw.thread.box).toBeHidden();
    expect(await bob.page.content()).not.toContain('Hello Bob');
  });

  await test.step('accepted, the words are there, and both can talk', async () => {
    await bob.jackdaw.thread.accept.click();
    await expect(bob.jackdaw.thread.message('Hello Bob, it is me')).toBeVisible();
    await bob.jackdaw.thread.send('Hello Alice');
    await expect(alice.jackdaw.thread.message('Hello Alice')).toBeVisible();
    await alice.jackdaw.thread.send('<b>How</b> are you? &amp; https://example.org');
    await bob.jackdaw.thread.send('two\nlines');
    await bob.jackdaw.thread.send('👩‍👧 مرحبا');
    await expect(alice.jackdaw.thread.message('👩‍👧 مرحبا')).toBeVisible();
  });

  const story = ['Hello Bob, it is me', 'Hello Alice', '<b>How</b> are you? &amp; https://example.org'];
  for (const person of [alice, bob]) {
    await test.step(`${person.name} reloads: everything is there, once`, async () => {
      await person.page.reload();
      await person.show(person === alice ? bob : alice);
      for (const text of story) await expect(person.jackdaw.thread.message(text)).toHaveCount(1);
      await expect(person.jackdaw.thread.log.getByRole('article')).toHaveCount(5);
    });
  }

  await test.step('and they go on', async () => {
    await alice.jackdaw.thread.send('after the reload');
    await expect(bob.jackdaw.thread.message('after the reload')).toHaveCount(1);
    await bob.jackdaw.thread.send('indeed');
    await expect(alice.jackdaw.thread.message('indeed')).toHaveCount(1);
  });
});

test('both write first at the same moment: it is one conversation', { tag: '@quick' }, async ({ alice, bob }) => {
  await Promise.all([alice.signIn(), bob.signIn()]);
  await Promise.all([alice.jackdaw.start(bob.address), bob.jackdaw.start(alice.address)]);
  await Promise.all([alice.jackdaw.thread.send('I was first'), bob.jackdaw.thread.send('no, I was')]);
  for (const [person, other] of [[alice, bob], [bob, alice]] as const) {
    // Whoever wrote has agreed to talk: nobody is asked.
    await expect(person.jackdaw.thread.message('I was first')).toHaveCount(1);
    await expect(person.jackdaw.thread.message('no, I was')).toHaveCount(1);
    await expect(person.jackdaw.conversations.getByRole('link', { name: other.short })).toHaveCount(1);
  }
  await alice.jackdaw.thread.send('well');
  await expect(bob.jackdaw.thread.message('well')).toHaveCount(1);
  await bob.jackdaw.thread.send('well, well');
  await expect(alice.jackdaw.thread.message('well, well')).toHaveCount(1);
});

test('messages wait as unread until their thread is opened', async ({ alice, bob, carol }) => {
  await Promise.all([alice.signIn(), bob.signIn(), carol.signIn()]);
  await alice.greet(bob, 'one');
  await bob.jackdaw.conversation(alice.short).click();
  await bob.jackdaw.thread.accept.click();
  await carol.greet(bob, 'hello from Carol');
  await bob.jackdaw.conversation(carol.short).click();
  await bob.jackdaw.thread.accept.click();
  await expect(bob.jackdaw.thread.message('hello from Carol')).toBeVisible();

  await alice.jackdaw.thread.send('two');
  await alice.jackdaw.thread.send('three');
  const line = bob.jackdaw.conversation(new RegExp(`${alice.short.source}, 2 unread`, 'i'));
  await expect(line).toBeVisible();
  await line.click();
  await bob.jackdaw.thread.reads(['one', 'two', 'three']);
  await expect(line).toBeHidden();
  await expect(bob.jackdaw.conversation(alice.short)).toBeVisible();
});

test('declining tells the sender nothing; blocking neither', { tag: '@quick' }, async ({ alice, bob, carol }) => {
  await Promise.all([alice.signIn(), bob.signIn(), carol.signIn()]);
  await alice.greet(bob, 'may I?');
  await bob.jackdaw.conversation(alice.short).click();
  await bob.jackdaw.thread.decline.click();
  await expect(bob.jackdaw.conversation(alice.short)).toBeHidden();

  await carol.greet(bob, 'buy my coins');
  await bob.jackdaw.conversation(carol.short).click();
  await bob.jackdaw.thread.block.click();
  await expect(bob.jackdaw.conversation(carol.short)).toBeHidden();

  for (const sender of [alice, carol]) {
    await sender.jackdaw.thread.send('still there?');
    await sender.jackdaw.thread.sent('still there?');
    await expect(sender.page.getByText(/declin|block|refus/i)).toBeHidden();
  }
  await test.step('neither comes back, nor after a reload', async () => {
    await bob.page.reload();
    await bob.jackdaw.in();
    await expect(bob.jackdaw.newConversation).toBeVisible();
    await expect(bob.jackdaw.conversation(alice.short)).toBeHidden();
    await expect(bob.jackdaw.conversation(carol.short)).toBeHidden();
    expect(await bob.page.content()).not.toContain('still there?');
  });
  await test.step('whoever was declined can still be blocked; whoever is blocked can only be accepted', async () => {
    await bob.page.goto(`/app/c/${alice.address}`);
    await expect(bob.page.getByRole('heading', { name: /was turned away/ })).toBeVisible();
    await expect(bob.jackdaw.thread.accept).toBeVisible();
    await expect(bob.jackdaw.thread.decline).toBeHidden();
    await bob.jackdaw.thread.block.click();
    await expect(bob.page).toHaveURL(/\/app$/);
    await expect(bob.page.getByText('No conversations yet.')).toBeVisible();
    await bob.page.goto(`/app/c/${alice.address}`);
    await expect(bob.jackdaw.thread.accept).toBeVisible();
    await expect(bob.jackdaw.thread.block).toBeHidden();
  });
});

test('somebody who is not here gets a link', async ({ alice, stack }) => {
  const stranger = stack.account();
  await alice.signIn();
  await alice.jackdaw.lookUp(stranger);
  await expect(alice.page.getByText('Not on Jackdaw yet. Send this link.')).toBeVisible();
  await expect(alice.page.getByText(new RegExp(`${stack.url}/invite/${alice.address}`, 'i')).or(
    alice.page.getByRole('textbox', { name: /link/i }),
  ).first()).toBeVisible();

  await test.step('a mistyped address is told from one that is not here', async () => {
    await alice.jackdaw.addressOrName.fill('0x1234');
    await alice.jackdaw.startButton.click();
    await expect(alice.page.getByRole('alert')).toBeVisible();
  });

  await test.step("one's own address leads to somebody else's", async () => {
    await alice.page.goto(`/app/c/${alice.address}`);
    await expect(alice.page.getByText('This is your own address.')).toBeVisible();
    await alice.page.getByRole('main').getByRole('link', { name: 'New conversation' }).last().click();
    await expect(alice.jackdaw.addressOrName).toBeVisible();
  });
});

test('an invite link leads to its sender', { tag: '@quick' }, async ({ alice, bob }) => {
  await bob.signIn();
  await alice.page.goto(`/invite/${bob.address}`);
  await expect(alice.page.getByText(bob.short).or(alice.page.getByText(new RegExp(bob.address, 'i'))).first()).toBeVisible();
  await alice.jackdaw.connectLink.first().click();
  await alice.jackdaw.connect();
  await alice.jackdaw.signIn.click();
  await alice.jackdaw.thread.send('you sent me a link');
  await alice.jackdaw.thread.sent('you sent me a link');
  await expect(bob.jackdaw.conversation(alice.short)).toBeVisible();
});
