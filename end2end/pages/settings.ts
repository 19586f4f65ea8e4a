import type { Locator, Page } from '@playwright/test';

/** Profile, installations, sessions. */
export class Settings {
  constructor(private readonly page: Page) {}

  get profile(): Locator {
    return this.page.getByRole('heading', { name: 'Profile' });
  }

  get installations(): Locator {
    return this.page.getByRole('heading', { name: 'Installations' });
  }

  get sessions(): Locator {
    return this.page.getByRole('heading', { name: 'Sessions' });
  }

  get name(): Locator {
    return this.page.getByRole('textbox', { name: 'Name', exact: true });
  }

  get save(): Locator {
    return this.page.getByRole('button', { name: 'Save' });
  }

  /** The region under a heading. */
  part(name: 'Profile' | 'Installations' | 'Sessions'): Locator {
    return this.page.getByRole('region', { name });
  }

  get signOutElsewhere(): Locator {
    return this.page.getByRole('button', { name: 'Sign out everywhere else' });
  }
}
