# Carries commands from a pipe to ExaBGP, which started this, and its answers
# to another, until ExaBGP ends.
cat "$1/exabgp.commands" &
cat > "$1/exabgp.answers"
kill $!
