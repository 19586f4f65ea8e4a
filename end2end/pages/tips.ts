import { expect, type Locator, type Page } from '@playwright/test';

/** How long a device may take to see what the chain says: it looks less and less often while nothing happens. */
export const LOOK = { timeout: 40_000 };

/** Tips of the conversation that is shown: the dialog and the cards. */
export class Tips {
  constructor(private readonly page: Page) {}

  get button(): Locator {
    return this.page.getByRole('button', { name: 'Send a tip' });
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog', { name: /^Tip / });
  }

  get amount(): Locator {
    return this.dialog.getByRole('textbox', { name: 'Amount' });
  }

  get continue(): Locator {
    return this.dialog.getByRole('button', { name: 'Continue in wallet' });
  }

  /** What the dialog says against the amount, or against paying at all. */
  get problem(): Locator {
    return this.dialog.getByRole('alert').filter({ hasText: /./ });
  }

  /** Why the last tip was not made, wherever that is said. */
  get refusal(): Locator {
    return this.page.getByRole('alert').filter({ hasText: /./ });
  }

  /** A tip in the thread; the story expects one. */
  get card(): Locator {
    return this.page
      .getByRole('log', { name: 'Messages' })
      .getByRole('article')
      .filter({ hasText: /Tip (to|from) |Claimed by / });
  }

  act(name: 'Ask the wallet again' | 'Give up' | 'Send again' | 'Remove'): Locator {
    return this.card.getByRole('button', { name });
  }

  /** Opens the dialog. Returns when it is known to whom it pays. */
  async open(): Promise<void> {
    await this.button.click();
    await expect(this.dialog).toBeVisible();
  }

  /** Opens the dialog, types and goes on to the wallet. */
  async give(amount: string): Promise<void> {
    await this.open();
    await this.amount.fill(amount);
    // Not before it is known whether the other side can be paid.
    await expect(this.continue).not.toHaveAttribute('aria-disabled', 'true');
    await this.continue.click();
  }

  /** The card says so, in time. */
  async says(words: string | RegExp): Promise<void> {
    await expect(this.card).toContainText(words, LOOK);
  }

  /** This device has compared it with the chain, to the end. */
  async confirmed(): Promise<void> {
    await this.says('Confirmed, checked by this device');
  }
}
