import { byId, chips, json, rows } from './dom.js';
import { showHidden } from './vendor/text.js';

/** Decodes one part of a JWT, for display only: the API verifies the signature. */
function decodePart(part) {
  const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

const clock = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });

let expiresAt; // seconds since the epoch

/** Shows the claims of a token. The token itself is not stored or shown. */
export function showIdToken(token) {
  const [header, claims] = token.split('.').slice(0, 2).map(decodePart);
  const roles = Array.isArray(claims.roles) ? claims.roles : [];
  expiresAt = claims.exp;

  byId('id-token-name').textContent = showHidden(claims.name ?? claims.email ?? claims.sub);
  byId('id-token-email').textContent = showHidden(claims.email ?? 'no e-mail');
  byId('id-token-roles').replaceChildren(chips(roles, 'Roles in the ID token'));
  byId('id-token-version').textContent = claims.rv ?? '–';
  byId('id-token-claims').replaceChildren(
    ...rows([
      ['User ID', claims.sub],
      ['Signature', header.alg === 'none' ? 'none (emulator)' : `${header.alg}, key ${header.kid}`],
      ['Sign-in provider', claims.firebase?.sign_in_provider],
      ['E-mail verified', claims.email_verified ? 'yes' : 'no'],
      ['Issued', clock(claims.iat)],
      ['Expires', clock(claims.exp)],
    ]),
  );
  byId('id-token-raw').textContent = `${json(header)}\n${json(claims)}`;
  updateCountdown();
}

/** Shows the time left until the token expires. Called every second. */
export function updateCountdown() {
  if (expiresAt === undefined) return;
  const left = Math.max(0, expiresAt - Math.floor(Date.now() / 1000));
  const text = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  byId('id-token-countdown').textContent = left > 0 ? text : 'expired';
}

export function clearIdToken() {
  expiresAt = undefined;
  for (const id of ['name', 'email', 'roles', 'version', 'claims', 'raw', 'countdown']) {
    byId(`id-token-${id}`).replaceChildren();
  }
}
