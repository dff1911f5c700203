import { byId, chips, json, rows } from './dom.js';

/** Decodes a part of a JWT. For the eyes only: whether the token is genuine is for the server to say. */
function decodePart(part) {
  const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

const clock = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });

const RANK = ['owner', 'admin', 'auditor', 'support', 'member'];

let expiresAt;

/** Puts a token's claims on the wristband; the token itself goes nowhere. */
export function showWristband(token) {
  const [header, claims] = token.split('.').slice(0, 2).map(decodePart);
  const roles = Array.isArray(claims.roles) ? claims.roles : [];
  expiresAt = claims.exp;

  byId('band').dataset.role = RANK.find((role) => roles.includes(role)) ?? 'none';
  byId('band-name').textContent = claims.name ?? claims.email ?? claims.sub;
  byId('band-email').textContent = claims.email ?? 'no e-mail';
  byId('band-roles').replaceChildren(chips(roles, 'Roles on the wristband'));
  byId('band-version').textContent = claims.rv ?? '–';
  byId('band-claims').replaceChildren(
    ...rows([
      ['Serial', claims.sub],
      ['Signed', header.alg === 'none' ? 'not at all: the emulator’s' : `${header.alg}, key ${header.kid}`],
      ['Signed in with', claims.firebase?.sign_in_provider],
      ['E-mail verified', claims.email_verified ? 'yes' : 'no'],
      ['Issued', clock(claims.iat)],
      ['Expires', clock(claims.exp)],
    ]),
  );
  byId('band-raw').textContent = `${json(header)}\n${json(claims)}`;
  tickWristband();
}

/** Once a second: how long the wristband still lasts. */
export function tickWristband() {
  if (expiresAt === undefined) return;
  const left = Math.max(0, expiresAt - Math.floor(Date.now() / 1000));
  const text = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  byId('band-countdown').textContent = left > 0 ? text : 'expired';
}

export function clearWristband() {
  expiresAt = undefined;
  byId('band').dataset.role = 'none';
  for (const id of ['name', 'email', 'roles', 'version', 'claims', 'raw', 'countdown']) {
    byId(`band-${id}`).replaceChildren();
  }
}
