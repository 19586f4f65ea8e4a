import { expect, type Locator, type Page } from '@playwright/test';

/** One conversation. */
export class Thread {
  constructor(private readonly page: Page) {}

  /** The messages. */
  get log(): Locator {
    return this.page.getByRole('log', { name: 'Messages' });
  }

  /** The conversation, in whatever state: its messages, or a stranger's question. */
  get region(): Locator {
    return this.log.or(this.accept).first();
  }

  get box(): Locator {
    return this.page.getByRole('textbox', { name: 'Message' });
  }

  get sendButton(): Locator {
    return this.page.getByRole('button', { name: 'Send', exact: true });
  }

  get accept(): Locator {
    return this.page.getByRole('button', { name: 'Accept' });
  }

  get decline(): Locator {
    return this.page.getByRole('button', { name: 'Decline' });
  }

  get block(): Locator {
    return this.page.getByRole('button', { name: 'Block' });
  }

  /** The messages that say exactly this; the story expects one. */
  message(text: string): Locator {
    return this.log.getByText(text, { exact: true });
  }

  /** The whole message round that text, with its time and state. */
  around(text: string): Locator {
    return this.log.getByRole('article').filter({ has: this.page.getByText(text, { exact: true }) });
  }

  /** Writes and presses Send. Returns when the message stands in the thread. */
  async send(text: string): Promise<void> {
    await this.box.fill(text);
    await this.sendButton.click();
    await expect(this.message(text)).toBeVisible();
  }

  /** The message is stored by the server. */
  async sent(text: string): Promise<void> {
    await expect(this.around(text)).toContainText('Sent');
  }

  /** Exactly these texts, in this order, each once. */
  async reads(texts: string[]): Promise<void> {
    await expect(async () => {
      const all = await this.log.getByRole('article').allInnerTexts();
      const found = all.map((whole) => texts.find((text) => whole.split('\n').some((line) => line.trim() === text)) ?? whole);
      expect(found).toEqual(texts);
    }).toPass({ timeout: 20_000 });
  }

  /** What one can do with a message appears when it has the pointer or the keyboard. */
  private async tool(text: string, name: string): Promise<void> {
    const message = this.around(text).first();
    await message.hover();
    await message.getByRole('button', { name, exact: true }).click();
  }

  /** Begins an answer to that message. */
  async reply(text: string): Promise<void> {
    await this.tool(text, 'Reply');
    await expect(this.answered).toBeVisible();
  }

  /** The message that is being answered, above the text box. */
  get answered(): Locator {
    return this.page.getByRole('group', { name: 'Reply' });
  }

  /** The quote inside of the message that says this. */
  quote(text: string): Locator {
    return this.around(text).getByRole('button', { name: /^In answer to/ });
  }

  get picker(): Locator {
    return this.page.getByRole('dialog', { name: 'React' });
  }

  /** Sets one of the six emojis of the picker, or takes it back. */
  async react(text: string, emoji: string): Promise<void> {
    await this.tool(text, 'React');
    await this.picker.getByRole('button', { name: emoji, exact: true }).click();
    await expect(this.picker).toBeHidden();
  }

  /** The emoji under that message. */
  reaction(text: string, emoji: string): Locator {
    return this.around(text).getByRole('list', { name: 'Reactions' }).getByRole('button', { name: emoji });
  }
}
