import { expect, type Locator, type Page } from '@playwright/test';
import { Settings } from './settings';
import { Thread } from './thread';
import { Tips } from './tips';

/** The site by the words on its controls: role and accessible name, nothing else. */
export class Jackdaw {
  readonly thread: Thread;
  readonly settings: Settings;
  readonly tips: Tips;

  constructor(readonly page: Page) {
    this.thread = new Thread(page);
    this.settings = new Settings(page);
    this.tips = new Tips(page);
  }

  // The way in.

  /** On public pages a link into `/app`, there a button. */
  get connectButton(): Locator {
    return this.page.getByRole('button', { name: 'Connect wallet' });
  }

  get connectLink(): Locator {
    return this.page.getByRole('link', { name: 'Connect wallet' });
  }

  get picker(): Locator {
    return this.page.getByRole('dialog', { name: 'Choose a wallet' });
  }

  get signIn(): Locator {
    return this.page.getByRole('button', { name: 'Sign in', exact: true });
  }

  /** What the wallet is going to be asked to sign, in words. */
  get toSign(): Locator {
    return this.page.getByRole('group', { name: 'What you sign' });
  }

  /** The beginning of this browser's key, as the card shows it. */
  get browserKey(): Locator {
    return this.toSign.getByRole('code');
  }

  changeNetwork(name: string): Locator {
    return this.page.getByRole('button', { name: `Change network to ${name}` });
  }

  get testEth(): Locator {
    return this.page.getByRole('button', { name: 'Get test ETH' });
  }

  /** Connects the only wallet; with several, the one of this name. */
  async connect(name?: string): Promise<void> {
    await this.connectButton.click();
    if (name) await this.picker.getByRole('button', { name }).click();
  }

  /** Signed in: the conversations are there. */
  async in(): Promise<void> {
    await expect(this.conversations).toBeVisible();
  }

  /** What keeps the conversations does not open. */
  get shut(): Locator {
    return this.page.getByRole('heading', { name: 'Your conversations do not open' });
  }

  /** Signed out: the way in is there. */
  async out(): Promise<void> {
    await expect(this.connectButton.or(this.signIn).first()).toBeVisible();
    await expect(this.conversations).toBeHidden();
  }

  // The account.

  get account(): Locator {
    return this.page.getByRole('button', { name: /^Account/ });
  }

  menuItem(name: string): Locator {
    return this.page.getByRole('menuitem', { name });
  }

  async openSettings(): Promise<void> {
    await this.account.click();
    await this.menuItem('Settings').click();
    await expect(this.settings.profile).toBeVisible();
  }

  async signOut(): Promise<void> {
    await this.account.click();
    await this.menuItem('Sign out').click();
  }

  /** Signs out and deletes what is here. */
  async signOutAndDelete(): Promise<void> {
    await this.signOut();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByRole('checkbox', { name: 'Delete the history in this browser' }).check();
    await dialog.getByRole('button', { name: 'Sign out and delete' }).click();
  }

  // Conversations.

  get conversations(): Locator {
    return this.page.getByRole('navigation', { name: 'Conversations' });
  }

  /** The line of the list whose name begins so. */
  conversation(name: string | RegExp): Locator {
    return this.conversations.getByRole('link', { name });
  }

  get newConversation(): Locator {
    const name = 'New conversation';
    return this.page.getByRole('link', { name }).or(this.page.getByRole('button', { name })).first();
  }

  get addressOrName(): Locator {
    return this.page.getByRole('textbox', { name: 'Address or name' });
  }

  get startButton(): Locator {
    return this.page.getByRole('button', { name: 'Start', exact: true });
  }

  /** Looks somebody up; what comes then is the story's business. */
  async lookUp(address: string): Promise<void> {
    await this.newConversation.click();
    await this.addressOrName.fill(address);
    await this.startButton.click();
  }

  /** Starts a conversation with somebody who is here. */
  async start(address: string): Promise<void> {
    await this.lookUp(address);
    await expect(this.thread.box).toBeVisible();
  }
}
