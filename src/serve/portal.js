"use strict";
// A chosen or dropped file is sent to the service, and the report that comes back is shown in
// place. Nothing is judged here: every word of the verdict is the service's.
(() => {
  const element = (id) => document.getElementById(id);
  const form = element("check"), input = element("file"), drop = element("drop");
  const status = element("status"), result = element("result"), report = element("report");
  const save = element("save"), tools = element("tools"), words = form.dataset;
  const languages = [document.documentElement.lang, element("translate").lang];
  let sent = null; // the file whose report is shown
  let round = 0; // a newer file makes answers about an older one void
  document.body.classList.add("scripted");

  function say(text, bad) {
    status.className = bad ? "bad" : "";
    status.textContent = text;
  }

  function fail(text) {
    document.body.classList.remove("busy");
    result.hidden = true;
    say(text, true);
    input.value = "";
    input.focus();
  }

  async function ask(file, language) {
    const body = new FormData();
    body.append("file", file, file.name);
    const address = new URL(form.action);
    address.searchParams.set("lang", language);
    for (let attempt = 0; ; attempt++) {
      const answer = await fetch(address, { method: "POST", body, headers: { Accept: "text/html" } });
      // A 503 without Retry-After asks for no other attempt: this file outlived its deadline.
      const seconds = Number(answer.headers.get("Retry-After"));
      if (answer.status !== 503 || !seconds || attempt === 3) return answer.text();
      say(words.waiting);
      await new Promise((resume) => setTimeout(resume, 1000 * Math.min(seconds, 10)));
    }
  }

  function show(text, language) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const verdict = page.querySelector("main > .verdict");
    if (!verdict) return false;
    const heading = document.createElement("h2");
    heading.className = "name";
    heading.tabIndex = -1;
    const headline = document.createElement("span");
    headline.className = "hide";
    headline.textContent = verdict.querySelector(".big").textContent + ": ";
    const name = page.querySelector("header .name");
    heading.append(headline, name ? name.textContent : sent.name);
    const facts = page.querySelectorAll("header .small");
    const reasons = [...page.querySelector("main").children].filter((one) => one !== verdict);
    report.replaceChildren(heading, ...facts, verdict, tools, ...reasons);
    report.lang = language;
    URL.revokeObjectURL(save.href);
    save.href = URL.createObjectURL(new Blob([text], { type: "text/html" }));
    element("translate").hidden = language !== languages[0];
    result.hidden = false;
    say(words.done);
    heading.focus({ preventScroll: true });
    result.scrollIntoView({ block: "start" });
    return true;
  }

  async function check(file, language) {
    const mine = ++round;
    sent = file;
    if (file.size > Number(words.most)) return fail(words.tooLarge);
    result.hidden = true;
    document.body.classList.add("busy");
    say(words.checking);
    let text = "";
    try {
      text = await ask(file, language);
    } catch {
      // The network, or the file could not be read: said below.
    }
    if (mine !== round) return;
    document.body.classList.remove("busy");
    if (!show(text, language)) fail(words.failed);
    input.value = "";
  }

  function take(files) {
    if (files.length === 1) check(files[0], languages[0]);
    else if (files.length > 1) fail(words.one);
  }

  input.addEventListener("change", () => take([...input.files]));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take([...input.files]);
  });
  // A file that misses the box must not replace the page.
  for (const kind of ["dragover", "drop"]) {
    document.addEventListener(kind, (event) => event.preventDefault());
  }
  drop.addEventListener("dragover", () => drop.classList.add("over"));
  for (const kind of ["dragleave", "drop"]) {
    drop.addEventListener(kind, () => drop.classList.remove("over"));
  }
  document.addEventListener("drop", (event) => {
    if (event.dataTransfer) take([...event.dataTransfer.files]);
  });
  element("print").addEventListener("click", () => window.print());
  element("translate").addEventListener("click", () => check(sent, languages[1]));
  element("another").addEventListener("click", () => input.click());
})();
