// A guest's screen, wherever the guest is.
//
// When the screen ends, the proxy says why, and whether to come back.  With
// the same token it finds the guest anew, so after a move the page shows it
// from its new host.  While the screen is there the page asks now and then
// what else is to be said: that the guest is about to move, for instance.

import RFB from './core/rfb.js';

// With what the proxy closes a WebSocket: see consoles/outlook.py.
const OVER = 4001;

// Milliseconds: between two questions, and before a new try.
const ASK_EVERY = 3000;
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 3000;

const UNREACHABLE = 'The console service does not answer; reconnecting...';

const banner = document.getElementById('banner');
const screen = document.getElementById('screen');
const query = new URLSearchParams(window.location.search);
const path = query.get('path') || '?token=' + (query.get('token') || '');
const token = new URLSearchParams(path.slice(path.indexOf('?'))).get('token');

let rfb = null;
let pause = FIRST_PAUSE;

function say(state, text) {
  document.body.dataset.state = state;
  if (banner.textContent !== text) {
    banner.textContent = text;
  }
}

function connect() {
  const url = new URL(path, window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.pathname = new URL('websockify', window.location.href).pathname;
  const socket = new WebSocket(url);
  socket.addEventListener('close', onClose);
  rfb = new RFB(screen, socket);
  rfb.scaleViewport = false;
  rfb.addEventListener('connect', () => {
    pause = FIRST_PAUSE;
    say('connected', '');
    ask();
  });
  rfb.addEventListener('desktopname', (event) => {
    document.title = event.detail.name;
  });
}

function onClose(event) {
  rfb = null;
  if (event.code === OVER) {
    say('over', event.reason);
    return;
  }
  say('waiting', event.reason || UNREACHABLE);
  setTimeout(connect, pause);
  pause = Math.min(2 * pause, LONGEST_PAUSE);
}

async function ask() {
  const asked = rfb;
  if (document.visibilityState === 'hidden') {
    return;
  }
  let answer;
  try {
    const response = await fetch(
        'console/state?token=' + encodeURIComponent(token));
    answer = await response.json();
  } catch (error) {
    // If the proxy is gone, the screen ends too, and that says so.
    return;
  }
  // Of a link that has expired the open screen stays open.
  if (asked === rfb && answer.again) {
    say('connected', answer.text);
  }
}

setInterval(() => {
  if (rfb !== null && document.body.dataset.state === 'connected') {
    ask();
  }
}, ASK_EVERY);

document.getElementById('keys').addEventListener('click', () => {
  if (rfb !== null) {
    rfb.sendCtrlAltDel();
    rfb.focus();
  }
});

connect();
