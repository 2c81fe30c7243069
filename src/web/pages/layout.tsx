import type { Child } from 'hono/jsx';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { markup } from '../markup.js';

/** What every page needs to know. */
export interface Desk {
  /** Who gives the orders. */
  operator: string;
  /** Which Temporal is shown. */
  place: string;
  /** What a form must send along. */
  formKey: string;
}

interface LayoutProps extends Desk {
  title: string;
  /** Where the page gets its news; absent: it has none. */
  events?: string;
  children: Child;
}

/** A whole page. */
export function page(props: LayoutProps): string {
  return `<!doctype html>${markup(<Layout {...props} />)}`;
}

function Layout({ title, operator, place, formKey, events, children }: LayoutProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title} · ecs-updater</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/look.css" />
        <link rel="stylesheet" href="/assets/dashboard.css" />
        {events !== undefined && <script type="module" src="/assets/dashboard.js"></script>}
      </head>
      <body data-events={events} data-form-key={formKey}>
        <a class="skip-link" href="#main">
          Skip to the content
        </a>
        <header class="top">
          <nav aria-label="Pages">
            <a class="brand" href="/">
              <span aria-hidden="true">◧</span> ecs-updater
            </a>
          </nav>
          <p class="who">
            {place} · orders are given as <strong>{operator}</strong>
          </p>
        </header>
        <noscript>
          <p class="banner">
            Without JavaScript this page neither follows what happens nor takes orders: use the command line.
          </p>
        </noscript>
        <div id="connection" role="alert"></div>
        <main id="main" tabindex={-1}>
          {children}
        </main>
        <div id="answer" role="status"></div>
        {events !== undefined && <OrderDialog />}
      </body>
    </html>
  );
}

/** Filled in by the script for each order. */
function OrderDialog() {
  return (
    <dialog id="order" aria-labelledby="order-title" aria-describedby="order-follows">
      <form id="order-form">
        <h2 id="order-title"></h2>
        <p id="order-follows"></p>
        <label for="order-reason">Reason</label>
        <input id="order-reason" name="reason" maxlength={256} autocomplete="off" />
        <p class="hint">It stands on record with your name.</p>
        <p id="order-refusal" role="alert"></p>
        <p class="buttons">
          <button type="submit" class="primary" id="order-go"></button>
          <button type="button" id="order-close">
            Close
          </button>
        </p>
      </form>
    </dialog>
  );
}

/** A page that only says something. */
export function plainPage(title: string, sentences: readonly string[], desk: Desk): string {
  return page({
    ...desk,
    title,
    children: (
      <section class="card">
        <h1>{title}</h1>
        {sentences.map((sentence) => (
          <p>{sentence}</p>
        ))}
      </section>
    ),
  });
}

/** A part of a page that is replaced by itself when it changes. */
export interface Fragment {
  /** Id of its element. */
  id: string;
  element: JSX.Element;
}

/** Fragments as they stand in a page. */
export const placed = (fragments: readonly Fragment[]): Child => fragments.map(({ element }) => element);
