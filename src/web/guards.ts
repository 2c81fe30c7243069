import { bodyLimit } from 'hono/body-limit';
import { getCookie, setCookie } from 'hono/cookie';
import { createMiddleware } from 'hono/factory';
import { secureHeaders } from 'hono/secure-headers';
import { isSame, newSecret } from './secrets.js';

/** What lets a browser in, and what its forms must send along. */
export interface Keys {
  /** Stands in the printed address. */
  token: string;
  /** Let somebody in once, as the token does: a browser's command line can be read by others on this machine. */
  tickets: Set<string>;
  /** Value of the cookie. */
  session: string;
  cookieName: string;
  formKey: string;
}

/** Keys of a dashboard. Cookies are the same for every port of a host, so that a second dashboard needs another name. */
export const newKeys = (port: number): Keys => ({
  token: newSecret(),
  tickets: new Set(),
  session: newSecret(),
  cookieName: `ecs-updater-${port}`,
  formKey: newSecret(),
});

/** Header in which a form's key is sent: a page of another origin cannot set it. */
const formKeyHeader = 'x-ecs-updater-form';

/** Nothing but what this server serves is loaded, nothing runs that stands in a page, and nobody frames it. */
export const headers = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  referrerPolicy: 'no-referrer',
  crossOriginResourcePolicy: 'same-origin',
  crossOriginOpenerPolicy: 'same-origin',
  xFrameOptions: 'DENY',
  // There is no TLS on the loopback.
  strictTransportSecurity: false,
});

/**
 * Answers only who asks for this machine: another name that resolves to it is somebody's attempt to have a browser speak to us (DNS rebinding).
 * Any port is right, as it may be forwarded.
 */
export const onlyThisHost = createMiddleware(async (c, next) => {
  const name = /^(.*?)(?::\d+)?$/.exec(c.req.header('host') ?? '')?.[1]?.toLowerCase();
  if (name !== '127.0.0.1' && name !== 'localhost')
    return c.text('Only requests to 127.0.0.1 and localhost are answered here.\n', 421);
  return next();
});

/** Answers no request that a page of another origin caused, but one that opens a page of ours. */
export const noOtherSite = createMiddleware(async (c, next) => {
  const { method } = c.req;
  const site = c.req.header('sec-fetch-site');
  const opens = method === 'GET' && c.req.header('sec-fetch-mode') === 'navigate';
  const isOther = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (isOther && !opens) return c.text('This dashboard answers its own pages only.\n', 403);
  if (method !== 'GET' && method !== 'HEAD' && !isOwnPage(c.req.header('origin'), c.req.header('host')))
    return c.text('Orders are taken from the pages of this dashboard only.\n', 403);
  return next();
});

/** Every browser names the origin of a POST (Fetch standard, "append a request Origin header"). */
const isOwnPage = (origin: string | undefined, host: string | undefined): boolean =>
  origin !== undefined && origin === `http://${host}`;

/** Lets in who has the cookie, and gives it to who brings the token or a ticket. `refuse` makes the page for all others. */
export const onlyWithCookie = ({ token, tickets, session, cookieName }: Keys, refuse: () => string) =>
  createMiddleware(async (c, next) => {
    const given = c.req.query('token');
    if (given !== undefined && c.req.method === 'GET' && c.req.path === '/') {
      if (!isSame(given, token) && !tickets.delete(given)) return c.html(refuse(), 401);
      setCookie(c, cookieName, session, { httpOnly: true, sameSite: 'Strict', path: '/' });
      // The token is to stand neither in the address bar nor in the history.
      return c.redirect('/', 303);
    }
    if (!isSame(getCookie(c, cookieName), session)) return c.html(refuse(), 401);
    return next();
  });

/** Takes an order only with the key that stands in our pages. */
export const onlyWithFormKey = ({ formKey }: Keys) =>
  createMiddleware(async (c, next) => {
    if (!isSame(c.req.header(formKeyHeader), formKey))
      return c.json({ refused: 'This page is too old to give orders. Reload it.' }, 403);
    return next();
  });

const mostBytes = 4096;

/** An order is short. */
export const shortBody = bodyLimit({
  maxSize: mostBytes,
  onError: (c) => c.json({ refused: `An order has at most ${mostBytes} bytes.` }, 413),
});
