import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { steeringNames } from '../../src/model/steering-messages.js';
import { type OfferedOrder, orderText } from '../../src/web/order-texts.js';
import { type CommandLine, documentedOrders, documentedReason, examples } from './documented-orders.js';
import type { Fleet } from './fleet.js';

/** What became of an order, and the sentence that said so. */
export interface Answer {
  kind: 'done' | 'refused';
  said: string;
}

/** Somebody who steers a fleet. Orders are called as in {@link documentedOrders}, those on an instance by its name. */
export interface Operator {
  /** Gives an order for the reason that is documented. */
  order: (what: string, name?: string) => Promise<Answer>;
  /** Sees that an order makes no sense now: a command line refuses it with this sentence, a page does not offer it. */
  cannot: (what: string, sentence: string) => Promise<void>;
}

/** Gives a line of our documentation to this fleet. */
export async function typeLine(fleet: Fleet, line: string, instance = examples.instance): Promise<Answer> {
  const typed = line
    .replaceAll(new RegExp(`\\b${examples.cluster}\\b`, 'g'), fleet.cluster)
    .replaceAll(examples.instance, instance);
  const { code, stdout, stderr } = await fleet.shell(typed);
  const said = `${stdout}${stderr}`;
  if (code !== 0 && code !== 1) throw new Error(`${typed} ended with ${code}: ${said}`);
  return { kind: code === 0 ? 'done' : 'refused', said };
}

/** Types what is documented. */
export function atCommandLine(fleet: Fleet, way: CommandLine): Operator {
  const order = (what: string, name?: string): Promise<Answer> => {
    const line = documentedOrders(way).get(name === undefined ? what : `${what} instance`);
    if (line === undefined) throw new Error(`${what} is not documented for ${way}`);
    return typeLine(fleet, line, name === undefined ? undefined : fleet.id(name));
  };
  return {
    order,
    cannot: async (what, sentence) =>
      expect(await order(what)).toEqual({ kind: 'refused', said: expect.stringContaining(sentence) }),
  };
}

/** Clicks in the dashboard whose address this is. */
export async function inDashboard(fleet: Fleet, page: Page, url: string): Promise<Operator> {
  // As long as for everything that a test awaits: the machine may be busy.
  page.setDefaultTimeout(60_000);
  await page.goto(url);
  await page.getByRole('link', { name: fleet.cluster, exact: true }).click();
  await page.getByRole('heading', { level: 1, name: fleet.cluster }).waitFor();

  /** An instance that the last rollout saw is in the map; another can be named. */
  const choose = async (id: string): Promise<void> => {
    const details = page.getByRole('heading', { level: 2, name: id });
    if (await details.isVisible()) return;
    const tile = page.getByRole('link', { name: new RegExp(`^${id}, `) });
    if (await tile.isVisible()) await tile.click();
    else {
      const close = page.getByRole('link', { name: 'Close' });
      if (await close.isVisible()) await close.click();
      await page.getByRole('textbox', { name: 'Instance' }).fill(id);
      await page.getByRole('button', { name: 'Choose' }).click();
    }
    await details.waitFor();
  };
  const buttonOf = (offer: OfferedOrder) => {
    const { button: word } = orderText(offer, true);
    const name = new RegExp(`^${word} ${offer.instance ?? fleet.cluster} ?…$`);
    return { word, button: page.getByRole('button', { name }) };
  };
  return {
    order: async (what, name) => {
      const offer = offerOf(what, name === undefined ? undefined : fleet.id(name));
      if (offer.instance !== undefined) await choose(offer.instance);
      const { word, button } = buttonOf(offer);
      await button.click();
      const dialog = page.getByRole('dialog');
      await dialog
        .getByLabel('Reason')
        .fill(documentedReason(name === undefined ? what : `${what} instance`));
      const answered = page.waitForResponse((response) => response.request().method() === 'POST');
      await dialog.getByRole('button', { name: word, exact: true }).click();
      if ((await answered).ok()) {
        await dialog.waitFor({ state: 'hidden' });
        return { kind: 'done', said: await page.locator('#answer').innerText() };
      }
      const refusal = dialog.getByRole('alert').filter({ hasText: /\S/ });
      const said = await refusal.innerText();
      await dialog.getByRole('button', { name: 'Close' }).click();
      return { kind: 'refused', said };
    },
    cannot: (what) => buttonOf(offerOf(what)).button.waitFor({ state: 'detached' }),
  };
}

/** What a page offers for an order that is documented. */
function offerOf(what: string, instance?: string): OfferedOrder {
  const order = steeringNames.find((name) => what.startsWith(name));
  if (!order) throw new Error(`there is no order ${what}`);
  if (instance !== undefined) return { order, instance };
  if (order !== 'clear') return { order };
  return what === 'clear version' ? { order, quarantine: examples.version } : { order, all: true };
}
