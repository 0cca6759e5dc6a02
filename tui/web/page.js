// Before the terminal opens its websocket: tell it where, and how large letters are.
document.addEventListener("DOMContentLoaded", () => {
  const terminal = document.getElementById("terminal");
  const secure = location.protocol === "https:";
  terminal.dataset.sessionWebsocketUrl = `${secure ? "wss" : "ws"}://${location.host}/ws`;
  const size = Number(new URLSearchParams(location.search).get("fontsize"));
  if (size >= 6 && size <= 60) terminal.dataset.fontSize = String(size);
});

// Keys go to the terminal as soon as it is there, and again when the analyst comes back to the page.
const focusTerminal = () => document.querySelector(".xterm-helper-textarea")?.focus();
window.addEventListener("load", () => {
  focusTerminal();
  new MutationObserver(focusTerminal).observe(document.body, { attributeFilter: ["class"] });
});
window.addEventListener("focus", focusTerminal);
