import { SignedOut, whyRefused } from './api.js';
import { byId, h } from './dom.js';

const PAGE_SIZE = 12;
let latestRead = 0; // the response of an older read is not shown

/** Shows the newest audit events to users with `audit:read`, and hides the section from others. */
export async function updateAuditLog(call, me) {
  if (!me.permissions.includes('audit:read')) return clearAuditLog();
  latestRead += 1;
  const thisRead = latestRead;
  byId('audit-log').hidden = false;
  try {
    const answer = await call('GET', `/audit?pageSize=${PAGE_SIZE}`);
    if (thisRead !== latestRead) return;
    byId('audit-log-note').textContent = answer.ok ? '' : whyRefused(answer);
    if (answer.ok) byId('audit-log-list').replaceChildren(...answer.body.events.map(renderEvent));
  } catch (error) {
    if (!(error instanceof SignedOut)) byId('audit-log-note').textContent = `No answer: ${error.message}`;
  }
}

export function clearAuditLog() {
  latestRead += 1;
  byId('audit-log').hidden = true;
  byId('audit-log-list').replaceChildren();
  byId('audit-log-note').textContent = '';
}

function renderEvent({ at, actor, action, target, outcome, before, after, reason }) {
  const isRefused = outcome === 'refused';
  const change = [rolesOf(before), rolesOf(after)];
  return h(
    'li',
    { className: 'event', 'data-outcome': outcome },
    h('time', { dateTime: at }, new Date(at).toLocaleTimeString()),
    h(
      'p',
      {},
      h('code', {}, actor),
      isRefused ? ' was refused ' : ' ',
      // When access is refused, the target is the missing permission, which says enough.
      action !== 'access.refused' && h('b', {}, action),
      ' ',
      h('code', {}, target),
      change[0] !== change[1] && `: ${change[0] ?? 'none'} → ${change[1] ?? 'none'}`,
      reason !== undefined && h('span', { className: 'quiet' }, ` · ${reason}`),
    ),
  );
}

const rolesOf = (side) => side?.grants && (side.grants.map(describe).join(', ') || 'no roles');

const describe = ({ role, expiresAt }) =>
  expiresAt === undefined ? role : `${role} until ${new Date(expiresAt).toLocaleString()}`;
