// Small helps for those who have scripts; every page works without. Syntax for browsers from 2018.
(function () {
  "use strict";

  // Figures refresh while somebody looks; the server answers 304 when nothing changed.
  document.querySelectorAll("[data-refresh]").forEach(function (box) {
    var tag = null;
    setInterval(function () {
      if (document.hidden) return;
      fetch(box.dataset.refresh, { headers: tag ? { "If-None-Match": tag } : {}, credentials: "same-origin" })
        .then(function (answer) {
          if (answer.status !== 200) return null;
          tag = answer.headers.get("ETag");
          return answer.text();
        })
        .then(function (text) {
          if (text !== null && !box.contains(document.activeElement)) box.innerHTML = text;
        })
        .catch(function () {});
    }, Number(box.dataset.every || 20) * 1000);
  });

  // A tap on the site plan fills in the two numbers, and shows where the pin stands.
  document.querySelectorAll("[data-pin]").forEach(function (box) {
    var across = document.getElementById("pin_x"), down = document.getElementById("pin_y");
    var dot = document.createElement("span");
    dot.className = "dot";
    function show() {
      dot.hidden = across.value === "" || down.value === "";
      dot.style.left = across.value / 10 + "%";
      dot.style.top = down.value / 10 + "%";
    }
    box.appendChild(dot);
    box.addEventListener("click", function (event) {
      var edge = box.getBoundingClientRect();
      across.value = Math.round((event.clientX - edge.left) / edge.width * 1000);
      down.value = Math.round((event.clientY - edge.top) / edge.height * 1000);
      show();
    });
    [across, down].forEach(function (field) { field.addEventListener("input", show); });
    show();
  });

  // A page that shows long work looks again by itself.
  var work = document.querySelector("[data-reload]");
  if (work) setTimeout(function () { location.reload(); }, Number(work.dataset.reload) * 1000);

  // A form is sent once; without a connection it is kept and the page says so.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") return;
    var old = form.querySelector(".offline");
    if (old) old.remove();
    if (navigator.onLine === false) {
      event.preventDefault();
      var note = document.createElement("p");
      note.className = "errs offline";
      note.setAttribute("role", "alert");
      note.textContent = document.body.dataset.offline;
      form.insertBefore(note, form.firstChild);
      note.scrollIntoView();
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    setTimeout(function () { delete form.dataset.sent; }, form.dataset.busy ? 60000 : 8000);
    if (form.dataset.busy) busy(form);
  });

  // What takes seconds says so meanwhile; how far it is, nobody knows.
  function busy(form) {
    var note = document.createElement("p");
    note.className = "busy";
    note.setAttribute("role", "status");
    note.textContent = form.dataset.busy;
    note.appendChild(document.createElement("progress")).className = "prog";
    form.parentNode.parentNode.insertBefore(note, form.parentNode.nextSibling);
  }
  window.addEventListener("pageshow", function () {
    document.querySelectorAll(".busy").forEach(function (note) { note.remove(); });
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  // At the entry desk Enter leads to the next empty field, and sends from the last one; what is wrong gets the focus.
  document.querySelectorAll("form[data-keys]").forEach(function (form) {
    var line = Array.prototype.slice.call(form.querySelectorAll(".desk input"));
    line.forEach(function (field, place) {
      field.addEventListener("keydown", function (event) {
        if (event.key !== "Enter" || place === line.length - 1) return;
        event.preventDefault();
        line[place + 1].focus();
        line[place + 1].select();
      });
    });
  });

  // What is wrong is read out first.
  var errors = document.getElementById("errors");
  if (errors) errors.focus();
})();
