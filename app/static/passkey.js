// Passkeys: asks the browser for what the page's form needs, and sends the form. Syntax for browsers from 2018.
(function () {
  "use strict";
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (letter) { return letter.charCodeAt(0); });
  }

  function text(buffer) {
    var plain = "";
    new Uint8Array(buffer).forEach(function (byte) { plain += String.fromCharCode(byte); });
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function named(list) {
    return (list || []).map(function (item) { return Object.assign({}, item, { id: bytes(item.id) }); });
  }

  function asked(form) {
    var options = JSON.parse(form.dataset.asks);
    options.challenge = bytes(options.challenge);
    if (form.dataset.passkey === "create") {
      options.user.id = bytes(options.user.id);
      options.excludeCredentials = named(options.excludeCredentials);
      return navigator.credentials.create({ publicKey: options });
    }
    options.allowCredentials = named(options.allowCredentials);
    return navigator.credentials.get({ publicKey: options });
  }

  function answer(made) {
    var response = {};
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (name) {
      if (made.response[name]) response[name] = text(made.response[name]);
    });
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response: response });
  }

  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    var button = form.querySelector("[data-press]");
    form.querySelectorAll(".withkey").forEach(function (part) { part.hidden = false; });
    form.querySelectorAll(".nokey").forEach(function (part) { part.hidden = true; });
    button.addEventListener("click", function () {
      button.disabled = true;
      asked(form).then(function (made) {
        form.elements[form.dataset.answer].value = answer(made);
        form.submit();
      }).catch(function () {
        var old = form.querySelector(".failed"), note = old || document.createElement("p");
        button.disabled = false;
        note.className = "errs failed";
        note.setAttribute("role", "alert");
        note.textContent = form.dataset.failed;
        if (!old) form.insertBefore(note, form.firstChild);
      });
    });
  });
})();
