import { chromium as engine } from '@playwright/test';
import { chromium } from '../../fixtures/env';
import { accessible } from '../../fixtures/looks';
import { expect, test } from '../../fixtures/test';

// Looked at in two themes and two widths.
test.slow();

test('plain http on another host than localhost says that encryption is impossible there', async ({ stack }) => {
  const options = chromium();
  const browser = await engine.launch({
    ...options,
    args: [...(options.args ?? []), '--host-resolver-rules=MAP jackdaw.test 127.0.0.1'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${stack.url.replace('localhost', 'jackdaw.test')}/app`);
    expect(await page.evaluate(() => window.isSecureContext)).toBe(false);
    await expect(page.getByText(/https/i).first()).toBeVisible();
    await expect(page.getByRole('button', { name: 'Connect wallet' })).toBeHidden();
    await accessible(page, 'plain http');
  } finally {
    await browser.close();
  }
});
