import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Names under which systems install it. */
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const elsewhere = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** The Chromium of this machine: `CHROME_PATH`, or one on the PATH. Throws, with how to get one. */
export function findChromium(): string {
  const chosen = process.env['CHROME_PATH'];
  if (chosen) return chosen;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const places = [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...elsewhere];
  const found = places.find(isExecutable);
  if (found === undefined)
    throw new Error(
      'No Chromium was found, in which the dashboard is tested. Install one (Debian: apt-get install chromium), or name one by CHROME_PATH.',
    );
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const launchChromium = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath });

interface OpenPage {
  page: Page;
  /**
   * Throws if anything went wrong in the page: errors, broken rules of the content security policy, dialogs, and requests to another host than
   * that of the dashboard.
   */
  close: () => Promise<void>;
}

/** What browsers say of a stream or a request that was refused on purpose, or ended by a test. */
const expected = /Failed to load resource|net::ERR_/;

/** Opens a page in a browser session of its own, which has no cookie yet. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (err) => faults.push(err.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected.test(message.text())) faults.push(message.text());
  });
  page.on('dialog', (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (new URL(request.url()).hostname !== '127.0.0.1') faults.push(`a request to ${request.url()}`);
  });
  return {
    page,
    close: async () => {
      await context.close();
      if (faults.length > 0) throw new Error(`in the page: ${faults.join('; ')}`);
    },
  };
}
