// The speaker's clock of the room view: it runs, stops, and begins again; past its end it says by how much.
(function () {
  "use strict";
  document.querySelectorAll("[data-clock]").forEach(function (box) {
    var whole = Number(box.dataset.clock), left = whole, running = null, end = 0;
    var face = box.querySelector(".face"), acts = box.querySelector(".acts");
    var go = box.querySelector(".go"), again = box.querySelector(".again");
    function draw() {
      var n = Math.abs(left), over = left < 0;
      face.textContent = (over ? "+" : "") + Math.floor(n / 60) + ":" + ("0" + (n % 60)).slice(-2);
      box.classList.toggle("over", left <= 0);
      go.textContent = running ? go.dataset.stop : go.dataset.start;
    }
    function stop() {
      clearInterval(running);
      running = null;
    }
    function tick() {
      left = Math.round((end - Date.now()) / 1000);
      draw();
    }
    go.addEventListener("click", function () {
      if (running) {
        stop();
      } else {
        end = Date.now() + left * 1000;
        running = setInterval(tick, 250);
      }
      draw();
    });
    again.addEventListener("click", function () {
      stop();
      left = whole;
      draw();
    });
    acts.hidden = false;
    draw();
  });
})();
