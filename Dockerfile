# The container images, from a static binary that was built outside. `scripts/image` lays out the build context.
#   --target action  what `uses:` runs: binary, CA bundle, busybox for runners that start containers with tail, sh, tar, find
#   --target cli     the binary and the CA bundle alone
# No USER: GitHub's runner mounts its output files for root.

FROM scratch AS cli
COPY k8s-deploy /usr/local/bin/k8s-deploy
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PATH=/usr/local/bin:/bin
ENTRYPOINT ["/usr/local/bin/k8s-deploy"]

FROM cli AS action
COPY busybox /bin/busybox
# k8s-deploy-post is the name by which the binary knows that the job is over (`post-entrypoint`).
RUN ["/bin/busybox", "sh", "-c", "/bin/busybox --install -s /bin && /bin/ln -s k8s-deploy /usr/local/bin/k8s-deploy-post"]
