// What a page does beside showing: it follows the news, moves within itself without a reload, and sends orders.
import { Idiomorph } from './idiomorph.js';

const { body } = document;
const connection = byId('connection', HTMLElement);
const answer = byId('answer', HTMLElement);

/** @type {EventSource | null} */
let events = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let again;
/** The fragment that shall have the focus as soon as it is there. */
let wanted = '';

/**
 * The element of an id, which every page has.
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
  return found;
}

// News.

/** Follows the news of what the address shows. */
function follow() {
  events?.close();
  clearTimeout(again);
  const source = new EventSource(body.dataset['events'] ?? '');
  events = source;
  source.addEventListener('fragment', ({ data }) => show(String(data)));
  source.addEventListener('alive', () => say(connection, ''));
  source.addEventListener('error', () => void lost(source));
}

/** @param {EventSource} source */
async function lost(source) {
  if (source !== events) return;
  source.close();
  const status = await fetch('/alive').then(
    (response) => response.status,
    () => 0,
  );
  if (source !== events) return;
  const banner = document.createElement('p');
  banner.className = 'banner';
  banner.textContent =
    status === 401
      ? 'The dashboard was started anew: open the address that it has printed.'
      : 'The dashboard does not answer. It is tried again by itself; what is shown may be old.';
  if (connection.textContent !== banner.textContent) connection.replaceChildren(banner);
  again = setTimeout(follow, 3000);
}

/** @param {string} html */
function show(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  const next = template.content.firstElementChild;
  const old = next && document.getElementById(next.id);
  if (!next || !old) return;
  void Idiomorph.morph(old, next, {
    callbacks: {
      beforeNodeMorphed: (node, other) => !node.isEqualNode(other) && !isSameAge(node, other),
      // Arrow keys have moved it.
      beforeAttributeUpdated: (name, node) => !(name === 'tabindex' && node.classList.contains('tile')),
    },
    // Idiomorph takes the children of any element that has the focus for its value: a heading or a tile would keep its old text.
    ignoreActiveValue: document.activeElement instanceof HTMLInputElement,
  });
  ready();
}

/** The texts of ages are ours; see `showAges`. @param {Node} node @param {Node} other */
const isSameAge = (node, other) =>
  node instanceof HTMLTimeElement &&
  other instanceof HTMLTimeElement &&
  node.className === 'age' &&
  node.dateTime === other.dateTime;

/** After every change of the page. */
function ready() {
  showAges();
  reachTiles();
  const target = wanted && document.getElementById(wanted);
  if (target) {
    target.focus();
    wanted = '';
  }
}

/** Says how long ago instants were. */
function showAges() {
  for (const time of document.querySelectorAll('time.age')) {
    if (!(time instanceof HTMLTimeElement)) continue;
    const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time.dateTime)) / 1000));
    const text =
      seconds < 120
        ? `${seconds} s`
        : seconds < 7200
          ? `${Math.round(seconds / 60)} m`
          : seconds < 172_800
            ? `${Math.round(seconds / 3600)} h`
            : `${Math.round(seconds / 86_400)} d`;
    if (time.textContent !== text) time.textContent = text;
  }
}

document.addEventListener('visibilitychange', () => {
  // A browser has few connections to a host, and nobody looks.
  if (document.hidden) {
    events?.close();
    events = null;
    clearTimeout(again);
  } else follow();
});

// Moving within a page.

/** @param {string} address @param {boolean} isNew */
function go(address, isNew) {
  const { pathname, search } = new URL(address, location.href);
  if (isNew) history.pushState(null, '', `${pathname}${search}`);
  body.dataset['events'] = `${pathname}/events${search}`;
  follow();
}

addEventListener('popstate', () => go(location.href, false));

document.addEventListener('click', (event) => {
  if (!(event.target instanceof Element)) return;
  const link = event.target.closest('a[data-view]');
  if (!(link instanceof HTMLAnchorElement)) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  choose(link.href);
});

/** Where an instance is chosen, its details get the focus; where it is closed, its tile. @param {string} address */
function choose(address) {
  const before = new URLSearchParams(location.search).get('instance');
  const chosen = new URL(address, location.href).searchParams.get('instance');
  if (chosen && chosen !== before) wanted = 'instance-title';
  if (!chosen && before) wanted = `tile-${before}`;
  go(address, true);
}

/** What a form asks for. @param {HTMLFormElement} form */
function addressOf(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form))
    if (value && typeof value === 'string') query.set(name, value.trim());
  return `${location.pathname}?${query}`;
}

document.addEventListener('input', ({ target }) => {
  if (!(target instanceof HTMLInputElement) || target.form?.id !== 'find') return;
  const address = addressOf(target.form);
  go(address, false);
  history.replaceState(null, '', address);
});

document.addEventListener('submit', (event) => {
  const { target } = event;
  if (!(target instanceof HTMLFormElement) || !('view' in target.dataset)) return;
  event.preventDefault();
  choose(addressOf(target));
});

// The map: one stop for the Tab key, the arrow keys move within.

const tiles = () => [...document.querySelectorAll('.tile')].filter((one) => one instanceof HTMLAnchorElement);

function reachTiles() {
  const all = tiles();
  if (all[0] && !all.some((tile) => tile.tabIndex === 0)) all[0].tabIndex = 0;
}

document.addEventListener('keydown', (event) => {
  const { target, key } = event;
  if (!(target instanceof HTMLAnchorElement) || !target.classList.contains('tile')) return;
  const next = neighbour(target, key);
  if (!next) return;
  event.preventDefault();
  target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});

/** @param {HTMLAnchorElement} tile @param {string} key */
function neighbour(tile, key) {
  const all = tiles();
  const at = all.indexOf(tile);
  if (key === 'ArrowRight') return all[at + 1];
  if (key === 'ArrowLeft') return all[at - 1];
  if (key === 'Home') return all[0];
  if (key === 'End') return all.at(-1);
  if (key !== 'ArrowDown' && key !== 'ArrowUp') return undefined;
  const { left, top } = tile.getBoundingClientRect();
  const isBeyond = (/** @type {Element} */ other) => {
    const there = other.getBoundingClientRect();
    return Math.abs(there.left - left) < 4 && (key === 'ArrowDown' ? there.top > top : there.top < top);
  };
  return key === 'ArrowDown' ? all.find(isBeyond) : all.findLast(isBeyond);
}

// Orders.

const dialog = document.getElementById('order');
const reason = byId('order-reason', HTMLInputElement);
const refusal = byId('order-refusal', HTMLElement);
const goButton = byId('order-go', HTMLButtonElement);
/** @type {{ cluster: string, order: Record<string, unknown> } | null} */
let open = null;

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element && target.closest('button[data-order]');
  if (!(button instanceof HTMLButtonElement) || !(dialog instanceof HTMLDialogElement)) return;
  const { order = '{}', cluster = '', title = '', follows = '', button: word = '' } = button.dataset;
  open = { cluster, order: JSON.parse(order) };
  byId('order-title', HTMLElement).textContent = title;
  byId('order-follows', HTMLElement).textContent = follows;
  goButton.textContent = word;
  reason.value = '';
  say(refusal, '');
  dialog.showModal();
  reason.focus();
});

byId('order-close', HTMLButtonElement).addEventListener('click', close);

function close() {
  if (dialog instanceof HTMLDialogElement) dialog.close();
}

byId('order-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  void send();
});

async function send() {
  if (!open) return;
  const { cluster, order } = open;
  goButton.disabled = true;
  say(refusal, '');
  try {
    const response = await fetch(`/clusters/${encodeURIComponent(cluster)}/orders`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-ecs-updater-form': body.dataset['formKey'] ?? '',
      },
      body: JSON.stringify({ ...order, reason: reason.value }),
    });
    const { sentence, refused } = await response.json();
    if (response.ok) {
      close();
      tell(sentence);
    } else say(refusal, refused);
  } catch {
    say(
      refusal,
      'The dashboard did not answer. Look whether the order has been carried out before you repeat it.',
    );
  } finally {
    goButton.disabled = false;
  }
}

const toldMs = 10_000;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let forget;

/** @param {string} sentence */
function tell(sentence) {
  clearTimeout(forget);
  say(answer, sentence);
  forget = setTimeout(() => say(answer, ''), toldMs);
}

/** Screen readers read what is new only. @param {HTMLElement} element @param {string} text */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

ready();
setInterval(showAges, 5000);
if (!document.hidden) follow();
